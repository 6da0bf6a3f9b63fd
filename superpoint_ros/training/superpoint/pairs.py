"""Two views of one image, a homography apart, with the corners of both and common points."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import Dataset

from superpoint_ros.core.decode_options import CELL_SIZE
from superpoint_ros.core.errors import DatasetError
from superpoint_ros.core.geometry import inside_image, resize_matrix, warp_points
from superpoint_ros.scenes.homography_sampling import sample_homography
from superpoint_ros.training.homographies import valid_mask, warp_images
from superpoint_ros.training.labels import cell_labels
from superpoint_ros.training.loop import step_rng
from superpoint_ros.training.superpoint.adaptation import label_path, load_labels
from superpoint_ros.training.superpoint.config import SuperPointConfig
from superpoint_ros.training.superpoint.images import find_images, random_cover, read_gray

CORNER_FRACTION = 0.5  # of the common points, those taken at corners
CORNER_JITTER = 1.0  # pixels around them, standard deviation
Sample = dict[str, np.ndarray]


def labeled_images(images: Path, labels: Path) -> list[Path]:
    """List images below a folder that have labels, relative to it.

    Raises:
        DatasetError: there is none.
    """
    found = [name for name in find_images(images) if label_path(labels, name).exists()]
    if not found:
        raise DatasetError(f"no image below '{images}' has labels in '{labels}'; `superpoint-ros label` writes them")
    return found


def common_points(
    rng: np.random.Generator, corners: np.ndarray, between: np.ndarray, size: tuple[int, int], count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Sample points of view 0 that view 1 shows too, some near corners and the rest anywhere.

    Args:
        rng: Decides everything.
        corners: Corners of view 0, (N, 2), pixels.
        between: Homography 3x3 from view 0 to view 1.
        size: Size of both views, (height, width).
        count: Number of points wanted.

    Returns:
        float32 (count, 4): x, y in view 0 and in view 1; bool (count,): the rows that are filled.
    """
    anywhere = rng.uniform(0, [size[1] - 1, size[0] - 1], (4 * count, 2))
    near = rng.permutation(corners)[: int(CORNER_FRACTION * count)]
    near = near + rng.normal(0.0, CORNER_JITTER, near.shape)
    xy0 = np.concatenate([near, anywhere])
    xy1 = warp_points(xy0, between)
    shared = np.flatnonzero(inside_image(xy0, size) & inside_image(xy1, size))[:count]
    correspondences = np.zeros((count, 4), np.float32)
    correspondences[: len(shared)] = np.concatenate([xy0[shared], xy1[shared]], axis=1)
    return correspondences, np.arange(count) < len(shared)


def dither(xy: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Move points (N, 2) so that rounding gives each of the four pixels around with its bilinear weight.

    The detector then learns a heat map whose center of mass is the point, not the pixel nearest to it.
    """
    return xy + rng.uniform(-0.5, 0.5, xy.shape)


class PairBatches(Dataset[dict[str, Tensor]]):
    """Make batch i of pairs: canvases and the two homographies that make views of each; warping is left to the device.

    Args:
        config: Sizes, ranges, numbers.
        images, labels: folders.
        names: Images to draw from, relative to their folder.
        rank: Number of this process; sets what is random.
    """

    def __init__(self, config: SuperPointConfig, images: Path, labels: Path, names: list[Path], rank: int):
        self.config, self.images, self.labels, self.names, self.rank = config, images, labels, names, rank

    def __len__(self) -> int:
        return self.config.loop.steps

    def __getitem__(self, step: int) -> dict[str, Tensor]:
        """Return B pairs.

        canvas: uint8 (B, 1, Hc, Wc); homographies: float64 (B, 2, 3, 3), canvas to view; labels: int64
        (B, 2, h, w); correspondences: float32 (B, K, 4) and filled: bool (B, K), see common_points.
        """
        rng = step_rng(self.config.loop.seed, self.rank, step)
        chosen = rng.choice(len(self.names), self.config.batch, replace=len(self.names) < self.config.batch)
        samples = [self.pair(self.names[index], rng) for index in chosen]
        return {key: torch.from_numpy(np.stack([sample[key] for sample in samples])) for key in samples[0]}

    def pair(self, name: Path, rng: np.random.Generator) -> Sample:
        """Make one pair of views of one image, arrays as in a batch but without B."""
        config = self.config
        image = read_gray(self.images / name)
        labels = load_labels(label_path(self.labels, name))
        if labels.image_size != image.shape:
            raise DatasetError(f"'{name}' is {image.shape}, but its labels are for an image of {labels.image_size}")
        canvas, to_canvas = random_cover(image, config.canvas, rng)
        used = max(config.min_labels, int(np.sum(labels.score >= config.label_threshold)))
        corners = warp_points(labels.xy[:used], to_canvas)
        resize = resize_matrix(config.canvas, config.size)
        views = [resize @ sample_homography(rng, config.canvas, r) for r in (config.first_view, config.second_view)]
        first, second = (warp_points(corners, view) for view in views)
        between = views[1] @ np.linalg.inv(views[0])
        correspondences, filled = common_points(rng, first, between, config.size, config.num_correspondences)
        return {
            "canvas": canvas[None],
            "homographies": np.stack(views),
            "labels": np.stack([cell_labels(dither(view, rng), config.size, rng) for view in (first, second)]),
            "correspondences": correspondences,
            "filled": filled,
        }


def make_views(batch: dict[str, Tensor], size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Warp a batch of canvases.

    Returns:
        float (2B, 1, H, W) in [0, 1], the first views of all pairs first; bool (2B, h, w), the cells of 8x8 pixels
        that show nothing but image content.
    """
    canvas = batch["canvas"].float() / 255.0
    homographies = batch["homographies"].transpose(0, 1).flatten(0, 1)
    views = warp_images(canvas.repeat(2, 1, 1, 1), homographies, size)
    shown = valid_mask(homographies, (canvas.shape[2], canvas.shape[3]), size)
    missing = F.max_pool2d((~shown).float()[:, None], CELL_SIZE)[:, 0]
    return views, missing == 0

"""Homographic Adaptation: a detector's answers to many warps of an image, gathered in the image's own frame.

SuperPoint paper, section 5, equation 10. The detector's answer is nearly one pixel wide, which bilinear unwarping
would alias; so it is first spread by a Gaussian of unit height, which also joins answers split between two pixels.
"""

from __future__ import annotations

import os
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from scipy.spatial import cKDTree
from torch import Tensor
from tqdm import tqdm

from superpoint_ros.core.decode_options import CELL_SIZE, ResolvedDecodeOptions
from superpoint_ros.core.errors import DatasetError
from superpoint_ros.core.files import written_whole
from superpoint_ros.core.geometry import resize_matrix, warp_points
from superpoint_ros.core.image import resize_image
from superpoint_ros.networks.decode import heatmap, select_keypoints
from superpoint_ros.networks.refine import refine_keypoints
from superpoint_ros.networks.superpoint import SuperPoint
from superpoint_ros.training.homographies import sample_homographies, valid_mask, warp_images
from superpoint_ros.training.loop import autocast, channels_last
from superpoint_ros.training.superpoint.config import AdaptationConfig
from superpoint_ros.training.superpoint.images import find_images, read_gray, size_of_area

SPREAD = 0.8  # pixels, standard deviation
SPREAD_RADIUS = 2
MAX_SHIFT = 1.5  # pixels of the working size by which a finer position may differ


@dataclass(frozen=True)
class ImageLabels:
    """Hold the corners of one image, strongest first.

    Attributes:
        xy: float32 (N, 2), pixels of the image as it is in its file, between pixels where the peak is.
        score: float32 (N,), mean over the warps that saw the place, in (0, 1].
        image_size: (height, width) of the image.
    """

    xy: np.ndarray
    score: np.ndarray
    image_size: tuple[int, int]


def spread(scores: Tensor) -> Tensor:
    """Convolve heat maps (B, H, W) with a Gaussian whose height is 1, and cut them at 1."""
    offset = torch.arange(-SPREAD_RADIUS, SPREAD_RADIUS + 1, dtype=scores.dtype, device=scores.device)
    profile = torch.exp(-0.5 * (offset / SPREAD) ** 2)
    columns = F.conv2d(scores[:, None], profile[None, None, :, None], padding=(SPREAD_RADIUS, 0))
    return F.conv2d(columns, profile[None, None, None], padding=(0, SPREAD_RADIUS))[:, 0].clamp(max=1.0)


class HomographicAdaptation:
    """Run a detector on warps of images and aggregate what it finds."""

    def __init__(self, network: SuperPoint, config: AdaptationConfig, device: torch.device):
        self.network = channels_last(network.to(device)).eval()
        self.config = config
        self.device = device

    @torch.no_grad()
    def aggregate(self, image: Tensor, rng: np.random.Generator, count: int) -> Tensor:
        """Average the detector's answers to `count` warps, the first of which is the image as it is.

        Args:
            image: Gray image, float (H, W) in [0, 1], sides multiples of 8.
            rng: Draws the homographies.
            count: Number of warps.

        Returns:
            Mean score of every pixel over the warps that saw it, float (H, W).
        """
        size = (image.shape[0], image.shape[1])
        identity = torch.eye(3, dtype=torch.float64)[None]
        sampled = sample_homographies(rng, count - 1, size, self.config.ranges) if count > 1 else identity[:0]
        total, seen_by = torch.zeros((2, *size), device=self.device)
        for homographies in torch.split(torch.cat([identity, sampled]).to(self.device), self.config.batch):
            scores, seen = self._answers(image, homographies)
            total += (scores * seen).sum(dim=0)
            seen_by += seen.sum(dim=0)
        mean: Tensor = total / seen_by.clamp(min=1.0)
        return mean

    def _answers(self, image: Tensor, homographies: Tensor) -> tuple[Tensor, Tensor]:
        """Return scores (B, H, W) in the frame of the image, and where each warp could see it."""
        size = (image.shape[0], image.shape[1])
        warped = warp_images(image.expand(len(homographies), 1, -1, -1), homographies, size)
        with autocast(self.config.precision, self.device):
            encoded = self.network.encode(warped.contiguous(memory_format=torch.channels_last))
            logits = self.network.detect(encoded)
        trusted = valid_mask(homographies, size, size, self.config.erosion)
        scores = spread(heatmap(logits)) * trusted
        back = torch.linalg.inv(homographies)
        both = warp_images(torch.stack([scores, trusted.float()], dim=1), back, size)
        return both[:, 0], (both[:, 1] > 0.999).float()

    def label(self, image: np.ndarray, rng: np.random.Generator) -> ImageLabels:
        """Find the corners of a gray image uint8 (H, W).

        With `position_scale` above 1 the points are chosen at the working size, and each takes the position of the
        nearest peak in the enlarged image, if there is one within MAX_SHIFT: precise, yet as repeatable as before.
        """
        config, original = self.config, (image.shape[0], image.shape[1])
        size = size_of_area(original, config.area)
        xy, score = self._peaks(image, size, config.homographies, rng)
        if config.position_scale > 1.0:
            large = (
                _multiple_of_cell(size[0] * config.position_scale),
                _multiple_of_cell(size[1] * config.position_scale),
            )
            fine, _ = self._peaks(image, large, config.position_homographies, rng)
            xy = take_nearest(xy, warp_points(fine, resize_matrix(large, size)), MAX_SHIFT)
        in_file = warp_points(xy, resize_matrix(size, original))
        return ImageLabels(in_file.astype(np.float32), score, original)

    def _peaks(
        self, image: np.ndarray, size: tuple[int, int], homographies: int, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Find corners (N, 2), strongest first, in pixels of the image resized to (height, width), and their scores."""
        resized = torch.from_numpy(resize_image(image, size)).to(self.device).float() / 255.0
        scores = self.aggregate(resized, rng, homographies)
        options = ResolvedDecodeOptions(
            detection_threshold=self.config.threshold,
            nms_radius=self.config.nms_radius,
            remove_borders=0,
            max_keypoints=self.config.max_labels,
        )
        xy, score = select_keypoints(scores[None], options)[0]
        return refine_keypoints(scores, xy).cpu().numpy(), score.cpu().numpy()


def _multiple_of_cell(side: float) -> int:
    return max(CELL_SIZE, round(side / CELL_SIZE) * CELL_SIZE)


def take_nearest(points: np.ndarray, others: np.ndarray, max_distance: float) -> np.ndarray:
    """Replace each point (N, 2) by the nearest of the others (M, 2) within a distance; without one it stays."""
    distance, index = cKDTree(others).query(points, distance_upper_bound=max_distance)
    near = np.isfinite(distance)
    taken: np.ndarray = points.copy()
    taken[near] = others[index[near]]
    return taken


def label_path(labels: Path, image: Path) -> Path:
    """Return where the labels of an image, named relative to its folder, are kept."""
    return (labels / image).with_suffix(image.suffix + ".npz")


def save_labels(path: Path, labels: ImageLabels) -> None:
    """Write one image's labels, whole or not at all."""
    score, image_size = labels.score.astype(np.float16), np.array(labels.image_size)
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as beside:
        np.savez(beside, xy=labels.xy, score=score, image_size=image_size)


def load_labels(path: Path) -> ImageLabels:
    """Read one image's labels.

    Raises:
        DatasetError: the file is absent or is none that save_labels wrote.
    """
    try:
        with np.load(path) as file:
            height, width = file["image_size"].tolist()
            return ImageLabels(file["xy"], file["score"].astype(np.float32), (height, width))
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        cure = "delete it, and `superpoint-ros label` writes it again"
        raise DatasetError(f"'{path}' holds no labels, or is damaged ({error}); {cure}") from error


def label_folder(adaptation: HomographicAdaptation, images: Path, labels: Path) -> tuple[int, list[str]]:
    """Label every image below a folder that has no labels yet; under `torchrun`, this process' part of them.

    Images come in a shuffled order, so that the labels of an unfinished run are a fair sample.

    Returns:
        How many images were labeled now, and for each that cannot be read why.
    """
    rank, world = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    names = find_images(images)
    share = np.random.default_rng(adaptation.config.seed).permutation(len(names))[rank::world]
    waiting = [(number, names[number]) for number in share if not label_path(labels, names[number]).exists()]
    problems: list[str] = []
    for number, name in tqdm(waiting, unit="image", disable=rank > 0):
        try:
            image = read_gray(images / name)
        except DatasetError as error:
            problems.append(str(error))
            continue
        rng = np.random.default_rng([adaptation.config.seed, number])
        save_labels(label_path(labels, name), adaptation.label(image, rng))
    return len(waiting) - len(problems), problems

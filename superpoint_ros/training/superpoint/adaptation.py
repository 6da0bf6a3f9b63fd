"""Homographic Adaptation: a detector's answers to many warps of an image, gathered in the image's own frame.

SuperPoint paper, section 5, equation 10. The detector's answer is nearly one pixel wide, which bilinear unwarping
would alias; so it is first spread by a Gaussian of unit height, which also joins answers split between two pixels.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from tqdm import tqdm

from superpoint_ros.core.decode_options import ResolvedDecodeOptions
from superpoint_ros.core.errors import DatasetError
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


@dataclass(frozen=True)
class ImageLabels:
    """Corners of one image, strongest first.

    Attributes:
        xy: float32 (N, 2), pixels of the image as it is in its file, between pixels where the peak is.
        score: float32 (N,), mean over the warps that saw the place, in (0, 1].
        image_size: (height, width) of the image.
    """

    xy: np.ndarray
    score: np.ndarray
    image_size: tuple[int, int]


def spread(scores: Tensor) -> Tensor:
    """Heat maps (B, H, W) convolved with a Gaussian whose height is 1, and cut at 1."""
    offset = torch.arange(-SPREAD_RADIUS, SPREAD_RADIUS + 1, dtype=scores.dtype, device=scores.device)
    profile = torch.exp(-0.5 * (offset / SPREAD) ** 2)
    columns = F.conv2d(scores[:, None], profile[None, None, :, None], padding=(SPREAD_RADIUS, 0))
    return F.conv2d(columns, profile[None, None, None], padding=(0, SPREAD_RADIUS))[:, 0].clamp(max=1.0)


class HomographicAdaptation:
    """Runs a detector on warps of images and aggregates what it finds."""

    def __init__(self, network: SuperPoint, config: AdaptationConfig, device: torch.device):
        self.network = channels_last(network.to(device)).eval()
        self.config = config
        self.device = device

    @torch.no_grad()
    def aggregate(self, image: Tensor, rng: np.random.Generator) -> Tensor:
        """Gray image float (H, W) in [0, 1], sides multiples of 8 -> mean score per pixel (H, W)."""
        size = (image.shape[0], image.shape[1])
        identity = torch.eye(3, dtype=torch.float64)[None]
        others = self.config.homographies - 1
        sampled = sample_homographies(rng, others, size, self.config.ranges) if others else identity[:0]
        total, count = torch.zeros((2, *size), device=self.device)
        for homographies in torch.cat([identity, sampled]).to(self.device).split(self.config.batch):
            scores, seen = self._answers(image, homographies)
            total += (scores * seen).sum(dim=0)
            count += seen.sum(dim=0)
        return total / count.clamp(min=1.0)

    def _answers(self, image: Tensor, homographies: Tensor) -> tuple[Tensor, Tensor]:
        """Scores (B, H, W) in the frame of the image, and where each warp could see it."""
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
        """Corners of a gray image uint8 (H, W)."""
        original = (image.shape[0], image.shape[1])
        size = size_of_area(original, self.config.area)
        small = torch.from_numpy(resize_image(image, size)).to(self.device).float() / 255.0
        scores = self.aggregate(small, rng)
        options = ResolvedDecodeOptions(
            detection_threshold=self.config.threshold,
            nms_radius=self.config.nms_radius,
            remove_borders=0,
            max_keypoints=self.config.max_labels,
        )
        xy, score = select_keypoints(scores[None], options)[0]
        refined = refine_keypoints(scores, xy).cpu().numpy()
        in_file = warp_points(refined, resize_matrix(size, original))
        return ImageLabels(in_file.astype(np.float32), score.cpu().numpy(), original)


def label_path(labels: Path, image: Path) -> Path:
    """Where the labels of an image, named relative to its folder, are kept."""
    return (labels / image).with_suffix(image.suffix + ".npz")


def save_labels(path: Path, labels: ImageLabels) -> None:
    """Write one image's labels, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    with partial.open("wb") as file:
        np.savez(file, xy=labels.xy, score=labels.score.astype(np.float16), image_size=np.array(labels.image_size))
    partial.replace(path)


def load_labels(path: Path) -> ImageLabels:
    """Read one image's labels.

    Raises:
        DatasetError: the file is absent or is none that save_labels wrote.
    """
    try:
        with np.load(path) as file:
            height, width = file["image_size"].tolist()
            return ImageLabels(file["xy"], file["score"].astype(np.float32), (height, width))
    except (OSError, KeyError, ValueError) as error:
        raise DatasetError(f"'{path}' holds no labels ({error}); `superpoint-ros label` writes them") from error


def label_folder(adaptation: HomographicAdaptation, images: Path, labels: Path) -> int:
    """Label every image below a folder that has no labels yet; this process' share under `torchrun`.

    Images come in a shuffled order, so that the labels of an unfinished run are a fair sample.

    Returns:
        How many images were labelled now.
    """
    rank, world = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    names = find_images(images)
    share = np.random.default_rng(adaptation.config.seed).permutation(len(names))[rank::world]
    waiting = [(number, names[number]) for number in share if not label_path(labels, names[number]).exists()]
    for number, name in tqdm(waiting, unit="image", disable=rank > 0):
        rng = np.random.default_rng([adaptation.config.seed, number])
        save_labels(label_path(labels, name), adaptation.label(read_gray(images / name), rng))
    return len(waiting)

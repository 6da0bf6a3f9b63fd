"""Depth images, cut, sampled sparsely and made imperfect: what the densifier is trained on."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from superpoint_ros.core.depth_hints import depth_hints
from superpoint_ros.core.image import resize_image
from superpoint_ros.core.sampling_patterns import PATTERNS, sample_depth
from superpoint_ros.core.sparse_depth import is_depth
from superpoint_ros.evaluation.datasets.frames import Frame
from superpoint_ros.scenes.photometric import Photometric
from superpoint_ros.scenes.photometric_ranges import PhotometricRanges
from superpoint_ros.training.depth.config import DepthConfig
from superpoint_ros.training.loop import step_rng

UNIFORM_PROB = 0.4  # of images whose samples are drawn uniformly; the other patterns share the rest
MAX_OUTLIER = 2.0  # factor
COLOR_GAIN = 0.1  # standard deviation

DepthImage = tuple[np.ndarray, np.ndarray]  # uint8 (H, W, 3) RGB; float32 (H, W) meters, no depth = 0


def read_frame(frame: Frame) -> DepthImage:
    """Read color and depth of a frame that has both, the depth at the image's size."""
    image = frame.image()
    rgb = cv2.cvtColor(image, cv2.COLOR_GRAY2RGB if image.ndim == 2 else cv2.COLOR_BGR2RGB)
    assert frame.depth is not None
    depth = frame.depth()
    if depth.shape != rgb.shape[:2]:
        depth = cv2.resize(depth, rgb.shape[1::-1], interpolation=cv2.INTER_NEAREST_EXACT)
    return rgb, depth


def random_crop(
    rgb: np.ndarray, depth: np.ndarray, size: tuple[int, int], min_scale: float, rng: np.random.Generator
) -> DepthImage:
    """Crop at random in the shape of `size`, resize to it and mirror half of the time."""
    largest = min(rgb.shape[0] / size[0], rgb.shape[1] / size[1])
    zoom = largest * rng.uniform(min_scale, 1.0)
    height, width = (int(side * zoom) for side in size)
    top, left = (rng.integers(full - part + 1) for full, part in zip(rgb.shape, (height, width), strict=False))
    window = np.s_[top : top + height, left : left + width]
    rgb = resize_image(rgb[window], size)
    depth = cv2.resize(depth[window], size[::-1], interpolation=cv2.INTER_NEAREST_EXACT)
    step = rng.choice([-1, 1])
    return np.ascontiguousarray(rgb[:, ::step]), np.ascontiguousarray(depth[:, ::step])


def with_noise(rgb: np.ndarray, ranges: PhotometricRanges, rng: np.random.Generator) -> np.ndarray:
    """Put every channel of an image through the same photometric noise, then a gain of its own."""
    seed = int(rng.integers(2**62))
    image = torch.from_numpy(rgb).permute(2, 0, 1)[:, None].float() / 255.0
    noisy = [Photometric(ranges, torch.Generator().manual_seed(seed))(channel[None])[0] for channel in image]
    gain = 1.0 + COLOR_GAIN * rng.standard_normal(3)
    scaled = torch.cat(noisy).permute(1, 2, 0).numpy() * (255.0 * gain)
    return np.clip(np.round(scaled), 0, 255).astype(np.uint8)


def corrupt_samples(sparse: np.ndarray, config: DepthConfig, rng: np.random.Generator) -> np.ndarray:
    """Add noise relative to the samples' depth, and make a few wrong altogether."""
    if rng.random() >= config.corruption_prob:
        return sparse
    noise = rng.standard_normal(sparse.shape) * rng.uniform(0.0, config.noise)
    wrong = rng.random(sparse.shape) < rng.uniform(0.0, config.outliers)
    noise[wrong] = rng.uniform(-np.log(MAX_OUTLIER), np.log(MAX_OUTLIER), int(wrong.sum()))
    return (sparse * np.exp(noise)).astype(np.float32)


def random_samples(rgb: np.ndarray, depth: np.ndarray, config: DepthConfig, rng: np.random.Generator) -> np.ndarray:
    """Sample depth in a random pattern at a random density; at least one sample if there is any depth."""
    reachable = np.where(depth < config.max_depth, depth, 0.0).astype(np.float32)
    count = max(1, round(depth.size * np.exp(rng.uniform(*np.log(config.density_range)))))
    others = [name for name in PATTERNS if name != "uniform"]
    pattern = "uniform" if rng.random() < UNIFORM_PROB else others[rng.integers(len(others))]
    sparse = sample_depth(reachable, pattern, count, rng, cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY))
    if not np.isfinite(sparse).any():
        sparse = sample_depth(reachable, "uniform", count, rng)
    return corrupt_samples(sparse, config, rng)


def to_example(rgb: np.ndarray, depth: np.ndarray, sparse: np.ndarray, max_depth: float) -> dict[str, Tensor]:
    """Prepare the network's input and truth for one image.

    Returns:
        rgb uint8 (3, H, W); hints float32 (4, H, W), see core/depth_hints.py; log_truth float32 (1, H, W) relative to
        their scale, NaN where there is none and infinite where it is beyond `max_depth`. Without samples the scale is
        the geometric mean of the true depth.
    """
    reachable = is_depth(depth) & (depth < max_depth)
    hints = depth_hints(rgb, sparse, float(np.exp(np.mean(np.log(depth[reachable])))) if reachable.any() else 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        truth = np.where(is_depth(depth), np.log(depth / hints.scale), np.nan)
    truth[depth >= max_depth] = np.inf
    return {
        "rgb": torch.from_numpy(rgb).permute(2, 0, 1).contiguous(),
        "hints": torch.from_numpy(hints.maps),
        "log_truth": torch.from_numpy(truth.astype(np.float32))[None],
    }


class DepthBatches(Dataset[dict[str, Tensor]]):
    """Make batch number i, the same whenever it is asked for.

    Args:
        config: What is sampled and how; see DepthConfig.
        frames: Frames with depth.
        rank: Number of this process among those that train together.
    """

    def __init__(self, config: DepthConfig, frames: list[Frame], rank: int):
        self.config, self.frames, self.rank = config, frames, rank

    def __len__(self) -> int:
        return self.config.loop.steps

    def __getitem__(self, step: int) -> dict[str, Tensor]:
        """Return the planes of `to_example`, (B, C, H, W) each."""
        rng = step_rng(self.config.loop.seed, self.rank, step)
        examples = [self._example(rng) for _ in range(self.config.batch)]
        return {name: torch.stack([example[name] for example in examples]) for name in examples[0]}

    def _example(self, rng: np.random.Generator) -> dict[str, Tensor]:
        rgb, depth = read_frame(self.frames[rng.integers(len(self.frames))])
        rgb, depth = random_crop(rgb, depth, self.config.size, self.config.min_crop_scale, rng)
        if rng.random() < self.config.gray:
            rgb = cv2.cvtColor(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        rgb = with_noise(rgb, self.config.photometric, rng)
        sparse = random_samples(rgb, depth, self.config, rng)
        if rng.random() < self.config.empty_prob:
            sparse = np.full_like(sparse, np.nan)
        return to_example(rgb, depth, sparse, self.config.max_depth)

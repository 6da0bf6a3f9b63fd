"""Configuration of the densifier's training; see training/config.py for how such classes are read."""

from __future__ import annotations

from dataclasses import dataclass, field

from superpoint_ros.core.errors import ParameterError
from superpoint_ros.core.options import check_options, option
from superpoint_ros.networks.d3_layers import STRIDE
from superpoint_ros.scenes.photometric_ranges import PhotometricRanges
from superpoint_ros.training.config import (
    Balance,
    LoopConfig,
    alpha_option,
    balance_option,
    batch_option,
    check_multiple,
    loss_weight_option,
    seed_option,
    size_option,
    validation_images_option,
)


@dataclass(frozen=True)
class RenderConfig:
    """Describe the rooms and streets to render.

    Raises:
        ParameterError: A value that is not allowed.
    """

    num_scenes: int = option(1000, "Number of rooms and streets.", limits=(2, 10_000_000))
    views: int = option(32, "Number of images of each scene.", limits=(1, 100_000))
    size: tuple[int, int] = option(
        (240, 320), "Height and width of the rendered images.", unit="px", limits=(STRIDE, 8192)
    )
    seed: int = seed_option(1, "Seed of scenes and views.")
    processes: int = option(2, "Number of processes that render at once.", limits=(1, 1024))
    device: str = option("cpu", "PyTorch device on which rays are cast.")
    photographs: str = option("", "Folder of photographs that stand for some of the drawn textures; empty = none.")
    photograph_share: float = option(0.6, "Share of the textures for which they stand.", limits=(0.0, 1.0))

    def __post_init__(self) -> None:
        check_options(self)


@dataclass(frozen=True)
class DepthConfig:
    """Describe the training of D3 on depth images, which are sampled again at every step.

    Attributes:
        photometric: Noise of the images.
        render: What is rendered where no data is given.
        loop: Steps, rates, intervals.

    Raises:
        ParameterError: A value that is not allowed.
    """

    size: tuple[int, int] = size_option(
        (224, 320), f"Height and width of what the network sees, multiples of {STRIDE}."
    )
    batch: int = batch_option(16, "Number of images per step.")
    min_crop_scale: float = option(
        0.6, "Smallest side of the random crop, relative to the largest crop that fits.", limits=(0.01, 1.0)
    )
    density_range: tuple[float, float] = option(
        (1e-4, 0.04), "Smallest and largest number of samples per pixel; drawn log-uniformly.", limits=(1e-9, 1.0)
    )
    noise: float = option(
        0.02, "Largest standard deviation of the samples' error, relative to their depth.", limits=(0.0, 0.499)
    )
    outliers: float = option(
        0.02, "Largest fraction of samples that are wrong by up to a factor of two.", limits=(0.0, 0.999)
    )
    corruption_prob: float = option(
        0.3, "Probability that an image's samples have noise and outliers.", limits=(0.0, 1.0)
    )
    empty_prob: float = option(0.02, "Probability that an image has no sample at all.", limits=(0.0, 0.999))
    max_depth: float = option(
        80.0,
        "Depth beyond which the truth teaches no depth, only that it cannot be known.",
        unit="m",
        limits=(0.01, 10_000.0),
    )
    edge_weight: float = option(
        1.0, "How often pixels within 5 px of an edge of the true depth count in its loss.", limits=(1.0, 1000.0)
    )
    photometric: PhotometricRanges = field(default_factory=PhotometricRanges)
    gray: float = option(0.15, "Probability that an image has no color.", limits=(0.0, 1.0))
    balance: Balance = balance_option()
    confidence_weight: float = loss_weight_option(0.1, "confidence")
    alpha: float = alpha_option()
    validation_images: int = validation_images_option(64)
    render: RenderConfig = field(default_factory=RenderConfig)
    loop: LoopConfig = field(default_factory=LoopConfig)

    def __post_init__(self) -> None:
        check_options(self)
        check_multiple(self, "size", STRIDE)
        if self.density_range[0] > self.density_range[1]:
            raise ParameterError(f"density_range={list(self.density_range)} must be the smallest, then the largest")

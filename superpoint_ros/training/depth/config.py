"""Configuration of the densifier's training; see config.py for how such classes are read."""

from __future__ import annotations

from dataclasses import dataclass, field

from superpoint_ros.networks.d3_layers import STRIDE
from superpoint_ros.scenes.photometric_ranges import PhotometricRanges
from superpoint_ros.training.config import LoopConfig, require


@dataclass(frozen=True)
class RenderConfig:
    """Rooms and streets to render.

    Attributes:
        num_scenes: Number of rooms and streets.
        views: Images of each scene.
        size: (height, width) of the images.
        seed: Seed of scenes and views.
        processes: Number of processes that render at once.
        device: torch device on which rays are cast.
    """

    num_scenes: int = 1000
    views: int = 32
    size: tuple[int, int] = (240, 320)
    seed: int = 1
    processes: int = 2
    device: str = "cpu"

    def __post_init__(self) -> None:
        require(
            self,
            num_scenes=self.num_scenes > 1,
            views=self.views > 0,
            size=min(self.size) >= STRIDE,
            seed=self.seed >= 0,
            processes=self.processes > 0,
        )


@dataclass(frozen=True)
class DepthConfig:
    """D3 on depth images, sampled anew at every step.

    Attributes:
        size: (height, width) of what the network sees, multiples of 32.
        batch: Images per step.
        min_crop_scale: Smallest side of the random crop, relative to the largest crop that fits.
        density_range: (smallest, largest) number of samples per pixel; drawn log-uniformly.
        noise: Largest standard deviation of the samples' error, relative to their depth.
        outliers: Largest fraction of samples that are wrong by up to a factor of two.
        corruption_prob: Probability that an image's samples have noise and outliers.
        empty_prob: Probability that an image has no sample at all.
        max_depth: Depth in metres beyond which the truth teaches no depth, only that it cannot be known.
        photometric: Noise of the images.
        gray: Probability that an image has no colour.
        balance: "fixed" or "gradnorm".
        confidence_weight: Weight of the confidence loss where the balance is fixed.
        alpha: Strength of GradNorm's pull towards equal training rates.
        validation_images: Number of images kept out of training: the last of the data's folders.
        render: What is rendered where no data is given.
        loop: Steps, rates, intervals.
    """

    size: tuple[int, int] = (224, 320)
    batch: int = 16
    min_crop_scale: float = 0.6
    density_range: tuple[float, float] = (1e-4, 0.04)
    noise: float = 0.02
    outliers: float = 0.02
    corruption_prob: float = 0.3
    empty_prob: float = 0.02
    max_depth: float = 80.0
    photometric: PhotometricRanges = field(default_factory=PhotometricRanges)
    gray: float = 0.15
    balance: str = "fixed"
    confidence_weight: float = 0.1
    alpha: float = 0.12
    validation_images: int = 64
    render: RenderConfig = field(default_factory=RenderConfig)
    loop: LoopConfig = field(default_factory=LoopConfig)

    def __post_init__(self) -> None:
        require(
            self,
            size=len(self.size) == 2 and all(side > 0 and side % STRIDE == 0 for side in self.size),
            batch=self.batch > 0,
            min_crop_scale=0.0 < self.min_crop_scale <= 1.0,
            density_range=0.0 < self.density_range[0] <= self.density_range[1] <= 1.0,
            noise=0.0 <= self.noise < 0.5,
            outliers=0.0 <= self.outliers < 1.0,
            corruption_prob=0.0 <= self.corruption_prob <= 1.0,
            empty_prob=0.0 <= self.empty_prob < 1.0,
            max_depth=self.max_depth > 0.0,
            gray=0.0 <= self.gray <= 1.0,
            balance=self.balance in ("fixed", "gradnorm"),
            confidence_weight=self.confidence_weight >= 0.0,
            alpha=self.alpha >= 0.0,
            validation_images=self.validation_images > 0,
        )

"""Configuration of the densifier's training; see config.py for how such classes are read."""

from __future__ import annotations

from dataclasses import dataclass, field

from superpoint_ros.networks.d3 import STRIDE
from superpoint_ros.scenes.photometric import PhotometricRanges
from superpoint_ros.training.config import LoopConfig, require


@dataclass(frozen=True)
class RenderConfig:
    """The rendered rooms and streets.

    Attributes:
        places: rooms and streets.
        views: images of each.
        size: (height, width).
        seed: of the places and views.
        processes: that render at once.
        device: on which rays are cast.
    """

    places: int = 1000
    views: int = 32
    size: tuple[int, int] = (240, 320)
    seed: int = 1
    processes: int = 2
    device: str = "cpu"

    def __post_init__(self) -> None:
        require(
            self,
            places=self.places > 1,
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
        batch: images per step.
        least_window: side of the cut-out relative to the largest that fits, at least.
        share: (least, most) samples per pixel; drawn log-uniformly.
        noise: largest relative deviation of samples.
        outliers: largest share of samples that are wrong by up to a factor of two.
        faulty: share of images that have noise and outliers.
        unsampled: share of images without any sample.
        max_depth: metres; truth beyond teaches no depth, but that none can be known there.
        photometric: noise of the images.
        gray: share of images without colour.
        balance: "fixed" or "gradnorm".
        confidence_weight: of the confidence loss, where fixed.
        alpha: of GradNorm.
        validation_images: kept out of training: the last of the data's folders.
        render: what is rendered where no data is given.
        loop: steps and so on.
    """

    size: tuple[int, int] = (224, 320)
    batch: int = 16
    least_window: float = 0.6
    share: tuple[float, float] = (1e-4, 0.04)
    noise: float = 0.02
    outliers: float = 0.02
    faulty: float = 0.3
    unsampled: float = 0.02
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
            least_window=0.0 < self.least_window <= 1.0,
            share=0.0 < self.share[0] <= self.share[1] <= 1.0,
            noise=0.0 <= self.noise < 0.5,
            outliers=0.0 <= self.outliers < 1.0,
            faulty=0.0 <= self.faulty <= 1.0,
            unsampled=0.0 <= self.unsampled < 1.0,
            max_depth=self.max_depth > 0.0,
            gray=0.0 <= self.gray <= 1.0,
            balance=self.balance in ("fixed", "gradnorm"),
            confidence_weight=self.confidence_weight >= 0.0,
            alpha=self.alpha >= 0.0,
            validation_images=self.validation_images > 0,
        )

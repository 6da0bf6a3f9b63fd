"""Configurations of the stages that end in SuperPoint; see training/config.py for how such classes are read."""

from __future__ import annotations

from dataclasses import dataclass, field

from superpoint_ros.networks.layers import ENCODER
from superpoint_ros.scenes.homography_sampling import HomographyRanges
from superpoint_ros.scenes.photometric_ranges import PhotometricRanges
from superpoint_ros.training.config import PRECISIONS, LoopConfig, is_image_size, require


@dataclass(frozen=True)
class MagicPointConfig:
    """MagicPoint on Synthetic Shapes (SuperPoint paper, section 4).

    Attributes:
        size: (height, width) of the drawings, multiples of 8.
        batch: Number of drawings per step.
        corner_weight: How often cells with a corner count in the loss; 1 as in the paper.
        validation_images: Number of drawings to validate on.
        warp: How far the views of the figures go.
        photometric: Noise of the drawings.
        loop: Steps, rates, intervals.
    """

    size: tuple[int, int] = (120, 160)
    batch: int = 32
    corner_weight: float = 1.0
    validation_images: int = 200
    warp: HomographyRanges = field(default_factory=HomographyRanges)
    photometric: PhotometricRanges = field(default_factory=PhotometricRanges)
    loop: LoopConfig = field(default_factory=LoopConfig)

    def __post_init__(self) -> None:
        require(
            self,
            size=is_image_size(self.size),
            batch=self.batch > 0,
            corner_weight=self.corner_weight > 0.0,
            validation_images=self.validation_images > 0,
        )


@dataclass(frozen=True)
class AdaptationConfig:
    """Homographic Adaptation (SuperPoint paper, section 5).

    Attributes:
        homographies: Number of warps per image, the identity included, which comes first.
        area: Number of pixels that an image is shrunk to, keeping its shape; smaller ones stay.
        ranges: How far the homographies go.
        erosion: Pixels at the edge of a warp's content that do not count.
        batch: Number of warps that go through the network at once.
        threshold: Smallest mean score of a label.
        nms_radius: Pixels within which only the strongest label is kept.
        max_labels: Largest number of labels per image.
        position_scale: Enlargement at which the labels' positions are measured; 1 = where they are chosen.
        position_homographies: Number of warps of the enlarged image.
        precision: "bf16-mixed" or "32-true".
        seed: Seed of the homographies.
    """

    homographies: int = 100
    area: int = 240 * 320
    ranges: HomographyRanges = field(default_factory=lambda: HomographyRanges(scale=0.5, translation=0.2))
    erosion: int = 3
    batch: int = 50
    threshold: float = 0.02
    nms_radius: int = 4
    max_labels: int = 600
    position_scale: float = 1.0
    position_homographies: int = 4
    precision: str = "bf16-mixed"
    seed: int = 0

    def __post_init__(self) -> None:
        require(
            self,
            homographies=self.homographies > 0,
            area=self.area >= 64,
            erosion=self.erosion >= 0,
            batch=self.batch > 0,
            threshold=0.0 < self.threshold < 1.0,
            nms_radius=self.nms_radius >= 0,
            max_labels=self.max_labels > 0,
            position_scale=1.0 <= self.position_scale <= 4.0,
            position_homographies=self.position_homographies > 0,
            precision=self.precision in PRECISIONS,
            seed=self.seed >= 0,
        )


@dataclass(frozen=True)
class SuperPointConfig:
    """Joint training of detector and descriptor on pairs of views (SuperPoint paper, section 6).

    Attributes:
        canvas: (height, width) that an image is resized and cropped to before it is warped.
        size: (height, width) of the views, multiples of 8.
        batch: Number of pairs per step.
        first_view: How far the first view of a pair differs from the canvas.
        second_view: How far the second view does.
        photometric: Noise of both views.
        label_threshold: Smallest score of a label that is used.
        min_labels: Number of an image's strongest labels that are used however weak; keeps textures from being learnt
            as regions without corners.
        num_correspondences: Number of points per pair, seen in both views, at which descriptors are compared.
        descriptor_loss: "contrastive" or "hinge" (the paper's).
        corner_weight: How often cells with a corner count in the detector's loss; 1 as in the paper.
        temperature: Divisor of the similarities in the contrastive loss.
        balance: "fixed" or "gradnorm".
        detector_weight: Weight of the detector's loss where the balance is fixed.
        descriptor_weight: Weight of the descriptor's loss where the balance is fixed.
        alpha: Strength of GradNorm's pull towards equal training rates.
        validation_images: Number of images kept out of training, to validate on.
        frozen_layers: Number of the encoder's first layers that keep their initial weights.
        loop: Steps, rates, intervals.
    """

    canvas: tuple[int, int] = (360, 480)
    size: tuple[int, int] = (240, 320)
    batch: int = 32
    first_view: HomographyRanges = field(default_factory=lambda: HomographyRanges(0.8, 0.05, 0.2, 15.0, 0.1))
    second_view: HomographyRanges = field(default_factory=lambda: HomographyRanges(0.8, 0.2, 0.5, 60.0, 0.1))
    photometric: PhotometricRanges = field(default_factory=PhotometricRanges)
    label_threshold: float = 0.05
    min_labels: int = 100
    num_correspondences: int = 400
    descriptor_loss: str = "contrastive"
    corner_weight: float = 1.0
    temperature: float = 0.05
    balance: str = "fixed"
    detector_weight: float = 1.0
    descriptor_weight: float = 1.0
    alpha: float = 0.12
    validation_images: int = 32
    frozen_layers: int = 0
    loop: LoopConfig = field(default_factory=LoopConfig)

    def __post_init__(self) -> None:
        require(
            self,
            canvas=is_image_size(self.canvas),
            size=is_image_size(self.size),
            batch=self.batch > 0,
            label_threshold=0.0 <= self.label_threshold < 1.0,
            min_labels=self.min_labels >= 0,
            num_correspondences=self.num_correspondences > 1,
            descriptor_loss=self.descriptor_loss in ("contrastive", "hinge"),
            corner_weight=self.corner_weight > 0.0,
            temperature=self.temperature > 0.0,
            balance=self.balance in ("fixed", "gradnorm"),
            detector_weight=self.detector_weight >= 0.0,
            descriptor_weight=self.descriptor_weight >= 0.0,
            alpha=self.alpha >= 0.0,
            validation_images=self.validation_images > 0,
            frozen_layers=0 <= self.frozen_layers <= len(ENCODER),
        )

"""Configurations of the stages that end in SuperPoint; see training/config.py for how such classes are read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from superpoint_ros.core.decode_options import CELL_SIZE
from superpoint_ros.core.options import check_options, option
from superpoint_ros.networks.layers import ENCODER, Architecture
from superpoint_ros.scenes.homography_sampling import HomographyRanges
from superpoint_ros.scenes.photometric_ranges import PhotometricRanges
from superpoint_ros.training.config import (
    Balance,
    LoopConfig,
    Precision,
    alpha_option,
    balance_option,
    batch_option,
    check_multiple,
    corner_weight_option,
    loss_weight_option,
    precision_option,
    seed_option,
    size_option,
    validation_images_option,
)


@dataclass(frozen=True)
class MagicPointConfig:
    """Describe the training of MagicPoint on Synthetic Shapes (SuperPoint paper, section 4).

    Attributes:
        warp: How far the views of the figures go.
        photometric: Noise of the drawings.
        loop: Steps, rates, intervals.

    Raises:
        ParameterError: A value that is not allowed.
    """

    size: tuple[int, int] = size_option((120, 160), "Height and width of the drawings, multiples of 8.")
    batch: int = batch_option(32, "Number of drawings per step.")
    corner_weight: float = corner_weight_option()
    validation_images: int = validation_images_option(200)
    warp: HomographyRanges = field(default_factory=HomographyRanges)
    photometric: PhotometricRanges = field(default_factory=PhotometricRanges)
    loop: LoopConfig = field(default_factory=LoopConfig)

    def __post_init__(self) -> None:
        check_options(self)
        check_multiple(self, "size", CELL_SIZE)


@dataclass(frozen=True)
class AdaptationConfig:
    """Describe Homographic Adaptation (SuperPoint paper, section 5).

    Attributes:
        ranges: How far the homographies go.

    Raises:
        ParameterError: A value that is not allowed.
    """

    homographies: int = option(
        100, "Number of warps per image, the identity included, which comes first.", limits=(1, 100_000)
    )
    area: int = option(
        240 * 320,
        "Number of pixels that an image is shrunk to, keeping its shape; smaller ones stay.",
        limits=(64, 100_000_000),
    )
    ranges: HomographyRanges = field(default_factory=lambda: HomographyRanges(scale=0.5, translation=0.2))
    erosion: int = option(3, "Width of the edge of a warp's content that does not count.", unit="px", limits=(0, 1000))
    batch: int = batch_option(50, "Number of warps that go through the network at once.")
    threshold: float = option(0.02, "Smallest mean score of a label.", limits=(1e-6, 0.999999))
    nms_radius: int = option(4, "Radius within which only the strongest label is kept.", unit="px", limits=(0, 64))
    max_labels: int = option(600, "Largest number of labels per image.", limits=(1, 100_000))
    position_scale: float = option(
        1.0, "Enlargement at which the labels' positions are measured; 1 = where they are chosen.", limits=(1.0, 4.0)
    )
    position_homographies: int = option(4, "Number of warps of the enlarged image.", limits=(1, 100_000))
    precision: Precision = precision_option()
    seed: int = seed_option(0, "Seed of the homographies.")

    def __post_init__(self) -> None:
        check_options(self)


@dataclass(frozen=True)
class SuperPointConfig:
    """Describe the joint training of detector and descriptor on pairs of views (SuperPoint paper, section 6).

    Attributes:
        first_view: How far the first view of a pair differs from the canvas.
        second_view: How far the second view does.
        photometric: Noise of both views.
        loop: Steps, rates, intervals.

    Raises:
        ParameterError: A value that is not allowed.
    """

    architecture: Architecture = option("superpoint", "Channels of the layers, see networks/layers.py.")
    canvas: tuple[int, int] = size_option(
        (360, 480), "Height and width that an image is resized and cropped to before it is warped, multiples of 8."
    )
    size: tuple[int, int] = size_option((240, 320), "Height and width of the views, multiples of 8.")
    batch: int = batch_option(32, "Number of pairs per step.")
    first_view: HomographyRanges = field(default_factory=lambda: HomographyRanges(0.8, 0.05, 0.2, 15.0, 0.1))
    second_view: HomographyRanges = field(default_factory=lambda: HomographyRanges(0.8, 0.2, 0.5, 60.0, 0.1))
    photometric: PhotometricRanges = field(default_factory=PhotometricRanges)
    label_threshold: float = option(0.05, "Smallest score of a label that is used.", limits=(0.0, 0.999999))
    min_labels: int = option(
        100,
        "Number of an image's strongest labels that are used however weak; keeps textures from being learned as "
        "regions without corners.",
        limits=(0, 100_000),
    )
    num_correspondences: int = option(
        400, "Number of points per pair, seen in both views, at which descriptors are compared.", limits=(2, 100_000)
    )
    descriptor_loss: Literal["contrastive", "hinge"] = option(
        "contrastive", "Loss of the descriptors: contrastive, or the paper's hinge."
    )
    corner_weight: float = corner_weight_option()
    temperature: float = option(0.05, "Divisor of the similarities in the contrastive loss.", limits=(1e-6, 1000.0))
    balance: Balance = balance_option()
    detector_weight: float = loss_weight_option(1.0, "detector's")
    descriptor_weight: float = loss_weight_option(1.0, "descriptor's")
    reprojection_weight: float = option(
        0.0,
        "Weight of the distance between keypoints of the two views, refined as at inference; 0 = not computed.",
        limits=(0.0, 1e6),
    )
    distillation_weight: float = option(
        0.0,
        "Weight of the difference from the teacher's heat maps and descriptors; 0 = there is no teacher.",
        limits=(0.0, 1e6),
    )
    alpha: float = alpha_option()
    validation_images: int = validation_images_option(32)
    frozen_layers: int = option(
        0, "Number of the encoder's first layers that keep their initial weights.", limits=(0, len(ENCODER))
    )
    loop: LoopConfig = field(default_factory=LoopConfig)

    def __post_init__(self) -> None:
        check_options(self)
        check_multiple(self, "canvas", CELL_SIZE)
        check_multiple(self, "size", CELL_SIZE)

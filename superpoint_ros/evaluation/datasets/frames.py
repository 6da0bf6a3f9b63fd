"""Items of data sets: pairs of images with a homography, or frames with what is known of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from superpoint_ros.core.camera import Camera


@dataclass(frozen=True)
class HomographyPair:
    """Hold two images of one plane, or from one place.

    Attributes:
        scene: Name of the scene; its prefix is its kind, as in HPatches ("v_", "i_").
        name: Name of the pair, unique in its data set.
        image0: Path of image 0.
        image1: Path of image 1.
        homography: Pixels of image 0 -> pixels of image 1, float64 (3, 3).
    """

    scene: str
    name: str
    image0: Path
    image1: Path
    homography: np.ndarray


@dataclass(frozen=True)
class Frame:
    """Hold one frame of a sequence, whose images are read when they are called for.

    Attributes:
        name: Name, unique in its sequence.
        stamp: Time, seconds; NaN = unknown.
        image: Reads the image, uint8 (H, W) or (H, W, 3) in BGR order.
        camera: Intrinsics and distortion; None = unknown.
        pose: T_world_camera of the optical frame, float64 (4, 4), meters; None = unknown.
        depth: Reads depth along the optical axis, float32 (H, W), meters, 0 = not measured; None = there is none.
        sparse_depth: Reads the input of depth completion, as `depth`; None = there is none.
        file: File of the image; None = it has none of its own.
    """

    name: str
    stamp: float
    image: Callable[[], np.ndarray]
    camera: Camera | None = None
    pose: np.ndarray | None = None
    depth: Callable[[], np.ndarray] | None = None
    sparse_depth: Callable[[], np.ndarray] | None = None
    file: Path | None = None

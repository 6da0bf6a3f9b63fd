"""What a data set gives: pairs of images with a homography, or frames with whatever is known of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from superpoint_ros.core.camera import Camera


@dataclass(frozen=True)
class HomographyPair:
    """Two images of one plane, or from one place.

    Attributes:
        scene: name of the scene; by its first letter and an underscore its kind, as in HPatches ("v_", "i_").
        name: of the pair, unique in its data set.
        image0, image1: paths.
        homography: float64 (3, 3), pixels of image 0 -> pixels of image 1.
    """

    scene: str
    name: str
    image0: Path
    image1: Path
    homography: np.ndarray


@dataclass(frozen=True)
class Frame:
    """One image of a sequence, read when asked for.

    Attributes:
        name: unique in its sequence.
        stamp: seconds.
        image: -> uint8 (H, W) or (H, W, 3) in BGR order.
        camera: intrinsics and distortion; None where not known.
        pose: T_world_camera float64 (4, 4), optical frame, metres; None where not known.
        depth: -> float32 (H, W), metres along the optical axis, 0 = not measured; None where there is none.
        sparse_depth: the same for the input of depth completion.
    """

    name: str
    stamp: float
    image: Callable[[], np.ndarray]
    camera: Camera | None = None
    pose: np.ndarray | None = None
    depth: Callable[[], np.ndarray] | None = None
    sparse_depth: Callable[[], np.ndarray] | None = None

"""What the commands read: a sequence of images with stamps, and what is known of it."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

DEFAULT_RATE = 20.0  # images per second, where the source does not say
MAX_SAID = 5

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class StampedImage:
    """Hold one image, uint8 (H, W) or (H, W, 3) BGR, and its stamp in nanoseconds."""

    image: np.ndarray
    stamp: int


@dataclass(frozen=True)
class GroundTruth:
    """Hold what is known of a rendered sequence, one entry per frame.

    Attributes:
        depths: Depth along the optical axis, float32 (H, W) each, meters.
        poses: T_world_camera (4, 4) each, meters.
        K: Intrinsics (3, 3), pixels.
    """

    depths: list[np.ndarray]
    poses: np.ndarray
    K: np.ndarray


@dataclass(frozen=True)
class Source:
    """Hold a sequence of images.

    Attributes:
        name: Description for people to read.
        frames: The images; may be read once, or any number of times where there is ground truth.
        length: Largest number of images; None = unknown.
        truth: Ground truth of a rendered sequence; None for all others.
        problems: What has been left out so far, a sentence for each; filled while the frames are read.
    """

    name: str
    frames: Iterable[StampedImage]
    length: int | None
    truth: GroundTruth | None = None
    problems: list[str] = field(default_factory=list)

    def leave_out(self, problem: str) -> None:
        """Note what is left out and why, and say the first few of such."""
        self.problems.append(problem)
        if len(self.problems) <= MAX_SAID:
            logger.warning("%s; left out", problem)

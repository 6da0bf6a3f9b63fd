"""How keypoints are chosen from a heat map: typed, bounded, described once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from superpoint_ros.core.options import require

# Pixel whose descriptor is the first cell's own. The centre of cell c is pixel 8 c + 3.5 ("exact"); the released
# code, as it runs under PyTorch >= 1.3, places it half a pixel further ("magicleap").
FIRST_CELL_CENTER = {"exact": 3.5, "magicleap": 4.0}
MAX_SCALE = 4.0


def valid_scales(scales: Sequence[float]) -> bool:
    """Whether these are one or more different numbers in (0, MAX_SCALE]."""
    return 0 < len(scales) == len(set(scales)) and all(0.0 < scale <= MAX_SCALE for scale in scales)


@dataclass(frozen=True)
class DecodeOptions:
    """How keypoints are chosen.

    Attributes:
        threshold: least detector probability of a keypoint, in [0, 1].
        nms_radius: pixels; no two keypoints are nearer than this in L-infinity distance, or equal to it. 0 = off.
        border: pixels; keypoints nearer than this to an image edge are dropped, after suppression.
        max_keypoints: the strongest this many are kept. 0 = all.
        grid: (rows, columns) of a grid over which the kept keypoints are spread: cells take turns, each giving
            its strongest. (1, 1) = by score alone.
        sampling: "exact" or "magicleap", see FIRST_CELL_CENTER.
        subpixel: move each keypoint to the heat map's centre of mass around it, see networks/refine.py.
        scales: of the image at which keypoints are looked for, different numbers in (0, MAX_SCALE], see
            inference/pyramid.py. Threshold, nms_radius and border hold at each, in its own pixels; max_keypoints and
            grid hold for all together.
    """

    threshold: float = 0.015
    nms_radius: int = 4
    border: int = 4
    max_keypoints: int = 1000
    grid: tuple[int, int] = (1, 1)
    sampling: str = "exact"
    subpixel: bool = False
    scales: tuple[float, ...] = (1.0,)

    def __post_init__(self) -> None:
        checks = {
            "threshold": 0.0 <= self.threshold <= 1.0,
            "nms_radius": self.nms_radius >= 0,
            "border": self.border >= 0,
            "max_keypoints": self.max_keypoints >= 0,
            "grid": len(self.grid) == 2 and min(self.grid) >= 1,
            "sampling": self.sampling in FIRST_CELL_CENTER,
            "scales": valid_scales(self.scales),
        }
        require(self, checks)

"""How keypoints are chosen from a heat map, and their descriptors sampled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from superpoint_ros.core.errors import ParameterError
from superpoint_ros.core.options import (
    MODEL_DEFAULT,
    MODEL_DEFAULT_NAME,
    MODEL_DEFAULT_UNSET,
    NO_LIMIT,
    NoneMeaning,
    check_different,
    check_options,
    option,
)

CELL_SIZE = 8  # pixels, the side of what one cell of the network's answers stands for
DescriptorSampling: TypeAlias = Literal["exact", "magicleap"]

# Pixel whose descriptor is the first cell's own. The center of cell c is pixel 8 c + 3.5 ("exact"); the released
# code, as it runs under PyTorch >= 1.3, places it half a pixel further ("magicleap").
FIRST_CELL_CENTER: dict[DescriptorSampling, float] = {"exact": 3.5, "magicleap": 4.0}
MIN_SCALE, MAX_SCALE, MAX_SCALES = 0.01, 4.0, 16
MAX_KEYPOINTS = 20_000
DEFAULT_DETECTION_THRESHOLD = 0.015


@dataclass(frozen=True)
class DecodeOptions:
    """Describe how the keypoints of an image are chosen.

    `scales` are of the image as `max_image_size` leaves it. `detection_threshold`, `nms_radius` and `remove_borders`
    hold at each scale, in its own pixels; `max_keypoints` and the grid hold for all scales together.

    >>> options = DecodeOptions(max_keypoints=500, grid_rows=4, grid_columns=6)
    >>> options.grid, options.nms_radius
    ((4, 6), 4)
    >>> DecodeOptions(nms_radius=-1)
    Traceback (most recent call last):
    superpoint_ros.core.errors.ParameterError: nms_radius=-1 is not between 0 and 64 px

    Raises:
        ParameterError: A value that is not allowed.
    """

    max_keypoints: int | None = option(
        1000,
        "Maximum number of keypoints per image; the strongest are kept.",
        limits=(1, MAX_KEYPOINTS),
        none=NoneMeaning(f"the largest, {MAX_KEYPOINTS}", 0),
    )
    detection_threshold: float | None = option(
        None, "Minimum detector probability of a keypoint.", limits=(0.0, 1.0), none=MODEL_DEFAULT
    )
    nms_radius: int = option(
        4, "Radius of non-maximum suppression (L-infinity distance); 0 turns it off.", unit="px", limits=(0, 64)
    )
    remove_borders: int = option(
        4,
        "Width of the image border in which keypoints are discarded, after non-maximum suppression.",
        unit="px",
        limits=(0, 1000),
    )
    grid_rows: int = option(1, "Rows of a grid over which keypoints are spread: its cells take turns.", limits=(1, 100))
    grid_columns: int = option(1, "Columns of that grid.", limits=(1, 100))
    max_image_size: int | None = option(
        None,
        "Maximum longer side of the network's input; larger images are downscaled first, keypoints stay in pixels of "
        "the image as received.",
        unit="px",
        limits=(32, 8192),
        none=NO_LIMIT,
    )
    scales: tuple[float, ...] = option(
        (1.0,),
        f"Image scales at which keypoints are detected, at most {MAX_SCALES}, all different; "
        "time grows with the sum of their squares.",
        limits=(MIN_SCALE, MAX_SCALE),
    )
    descriptor_sampling: DescriptorSampling | None = option(
        None,
        "Where in a cell its descriptor is taken to lie: at the exact center, or as in the released Magic Leap code.",
        fixed=True,
        none=MODEL_DEFAULT_NAME,
    )
    subpixel: bool | None = option(
        None,
        "Whether keypoints are refined to the heat map's center of mass around them.",
        none=MODEL_DEFAULT_UNSET,
    )

    def __post_init__(self) -> None:
        check_options(self)
        check_different(self, "scales")
        if len(self.scales) > MAX_SCALES:
            raise ParameterError(f"scales={list(self.scales)} has more than {MAX_SCALES} values")

    @property
    def grid(self) -> tuple[int, int]:
        """Return rows and columns of the grid; (1, 1) = keypoints are kept by score alone."""
        return self.grid_rows, self.grid_columns

    def resolve(
        self, *, detection_threshold: float, descriptor_sampling: DescriptorSampling, subpixel: bool
    ) -> ResolvedDecodeOptions:
        """Fill what is left to the model.

        Args:
            detection_threshold: Detector probability at which the model is meant to be used.
            descriptor_sampling: Sampling that the model's descriptors were trained or released with.
            subpixel: Whether the model's keypoints are best moved between pixels.
        """
        own = {"detection_threshold": detection_threshold, "descriptor_sampling": descriptor_sampling,
               "subpixel": subpixel, "max_keypoints": MAX_KEYPOINTS}  # fmt: skip
        given = {name: value for name, value in vars(self).items() if value is not None or name not in own}
        return ResolvedDecodeOptions(**own | given)


@dataclass(frozen=True)
class ResolvedDecodeOptions(DecodeOptions):
    """Hold decode options of which none is left to the model: what a backend and `decode` take."""

    detection_threshold: float = DEFAULT_DETECTION_THRESHOLD
    descriptor_sampling: DescriptorSampling = "exact"
    subpixel: bool = False

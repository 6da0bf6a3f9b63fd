"""Where in a camera's images keypoints are wanted, and the mask that says so."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from superpoint_ros.core.errors import ImageError, ParameterError
from superpoint_ros.core.image_files import read_image_file
from superpoint_ros.core.options import check_options, option


@dataclass(frozen=True)
class RegionOptions:
    """Describe the part of a camera's images in which keypoints are wanted.

    >>> options = RegionOptions(mask_borders=(0, 0, 0, 2))
    >>> make_mask(options, None, (4, 3))[:, 0].tolist()
    [255, 255, 0, 0]

    Raises:
        ParameterError: A value that is not allowed.
    """

    mask: str = option(
        "", "Path of a mask image that is black where no keypoints are wanted; empty = none.", fixed=True
    )
    mask_borders: tuple[int, int, int, int] = option(
        (0, 0, 0, 0),
        "Widths of the strips at the left, top, right and bottom in which no keypoints are wanted.",
        unit="px",
        limits=(0, 100_000),
        fixed=True,
    )
    lens_circle: tuple[float, float, float] = option(
        (0.0, 0.0, 0.0),
        "Image circle of a fisheye lens, outside of which no keypoints are wanted: x, y of its center, and its "
        "radius; radius 0 = the whole image.",
        unit="px",
        limits=(-100_000.0, 100_000.0),
        fixed=True,
    )

    def __post_init__(self) -> None:
        check_options(self)


def read_mask(path: str) -> np.ndarray | None:
    """Read a mask, uint8 (H, W); None where the path is empty.

    Raises:
        ParameterError: The file is not there, or is no image.
    """
    if not path:
        return None
    try:
        return read_image_file(Path(path), "gray")
    except ImageError as error:
        raise ParameterError(f"mask {error}; give an image that is black where no keypoint is wanted") from error


def fit_mask(mask: np.ndarray, image_size: tuple[int, int]) -> np.ndarray:
    """Scale a mask, uint8 (H, W), to an image's (height, width); a pixel that is black in part becomes black."""
    if mask.shape == image_size:
        return mask
    height, width = image_size
    black = _overlaps(_overlaps(mask == 0, height).T, width).T
    fitted: np.ndarray = np.where(black, np.uint8(0), np.uint8(255))
    return fitted


def _overlaps(black: np.ndarray, count: int) -> np.ndarray:
    """Cut the rows of a bool (H, W) into equal strips; tell which overlap a True of each column, bool (count, W)."""
    edges = np.arange(count + 1) * len(black)
    before = np.cumsum(np.pad(black, ((1, 0), (0, 0))), axis=0)
    overlaps: np.ndarray = before[-(-edges[1:] // count)] > before[edges[:-1] // count]
    return overlaps


def make_mask(options: RegionOptions, mask: np.ndarray | None, image_size: tuple[int, int]) -> np.ndarray | None:
    """Make the mask of images of a (height, width) from everything that is fixed, uint8 (H, W); None = no mask.

    Args:
        options: Borders and circle.
        mask: Mask as `read_mask` returns it.
        image_size: (height, width) of the images.
    """
    (left, top, right, bottom), (x, y, radius) = options.mask_borders, options.lens_circle
    if mask is None and radius <= 0.0 and not any(options.mask_borders):
        return None
    height, width = image_size
    wanted = np.full(image_size, 255, np.uint8) if mask is None else fit_mask(mask, image_size).copy()
    inner = np.zeros(image_size, bool)
    inner[top : max(height - bottom, 0), left : max(width - right, 0)] = True
    if radius > 0.0:
        row, column = np.ogrid[:height, :width]
        inner &= (column - x) ** 2 + (row - y) ** 2 <= radius**2
    wanted[~inner] = 0
    return wanted

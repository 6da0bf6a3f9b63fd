"""Images before the network: gray, resized, padded, and the inverse for points."""

from __future__ import annotations

from typing import Literal, TypeAlias

import cv2
import numpy as np

from superpoint_ros.core.errors import ImageError

ChannelOrder: TypeAlias = Literal["bgr", "rgb"]

_TO_GRAY: dict[ChannelOrder, int] = {"bgr": cv2.COLOR_BGR2GRAY, "rgb": cv2.COLOR_RGB2GRAY}


def to_gray(image: np.ndarray, *, color: ChannelOrder = "bgr") -> np.ndarray:
    """Convert an image to gray.

    Args:
        image: Image, uint8 (H, W), (H, W, 1) or (H, W, 3).
        color: Channel order of a three-channel image, "bgr" or "rgb".

    Returns:
        uint8 (H, W).

    Raises:
        ImageError: Not an image (None is what cv2.imread returns for a file it cannot read), a wrong dtype or number of
            channels, or no pixels.
    """
    image = _checked(image, color)
    return np.ascontiguousarray(image) if image.ndim == 2 else cv2.cvtColor(image, _TO_GRAY[color])


def to_rgb(image: np.ndarray, *, color: ChannelOrder = "bgr") -> np.ndarray:
    """Convert an image to uint8 (H, W, 3), red first; arguments and errors are those of `to_gray`."""
    image = _checked(image, color)
    if image.ndim == 2:
        return cv2.cvtColor(image, cv2.COLOR_GRAY2RGB)
    return np.ascontiguousarray(image if color == "rgb" else image[:, :, ::-1])


def _checked(image: np.ndarray, color: ChannelOrder) -> np.ndarray:
    """Check the image and return it as (H, W) or (H, W, 3)."""
    if color not in _TO_GRAY:
        raise ImageError(f"color={color!r} is not one of {', '.join(_TO_GRAY)}")
    if image is None:
        raise ImageError("image is None, which is what cv2.imread returns for a file it cannot read")
    if not isinstance(image, np.ndarray):
        raise ImageError(f"image is a {type(image).__name__}, not a NumPy array")
    if image.dtype != np.uint8:
        raise ImageError(f"image has dtype {image.dtype}, not uint8; scale it to 0..255 first")
    if image.ndim == 3 and image.shape[2] == 1:
        image = image[:, :, 0]
    if image.ndim != 2 and not (image.ndim == 3 and image.shape[2] == 3):
        raise ImageError(f"image has shape {image.shape}, not (H, W), (H, W, 1) or (H, W, 3)")
    if image.size == 0:
        raise ImageError(f"image of shape {image.shape} has no pixels")
    return image


def pad_to_multiple(image: np.ndarray, multiple: int) -> np.ndarray:
    """Repeat the last row and column of an image (H, W, ...) until both sides divide by `multiple`."""
    bottom, right = (-side % multiple for side in image.shape[:2])
    return cv2.copyMakeBorder(image, 0, bottom, 0, right, cv2.BORDER_REPLICATE) if bottom or right else image


def fit_within(image_size: tuple[int, int], longest: int) -> tuple[int, int]:
    """Scale (height, width) down, never up, so that the longer side is at most `longest` pixels."""
    scale = min(1.0, longest / max(image_size))
    return max(1, round(image_size[0] * scale)), max(1, round(image_size[1] * scale))


def same_aspect(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Tell whether (height, width) scaled to the other's width has its height, to less than a pixel of the smaller."""
    small, large = sorted((one, other))
    return min(*small, *large) > 0 and abs(large[0] * small[1] / large[1] - small[0]) < 1.0


def resize_image(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize to (height, width): area averaging where it shrinks, bilinear where it grows."""
    shrinks = size[0] * size[1] < image.shape[0] * image.shape[1]
    return cv2.resize(image, size[::-1], interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)


def resize_points(xy: np.ndarray, from_size: tuple[int, int], to_size: tuple[int, int]) -> np.ndarray:
    """Move pixels (N, 2) of an image of `from_size` to where they are after a resize to `to_size`, both (H, W)."""
    scale = np.array([to_size[1] / from_size[1], to_size[0] / from_size[0]], xy.dtype)
    half = xy.dtype.type(0.5)
    resized: np.ndarray = (xy + half) * scale - half
    return resized

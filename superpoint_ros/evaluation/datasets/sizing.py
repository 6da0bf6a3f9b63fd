"""Sizes of images in protocols."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from superpoint_ros.core.image import fit_within, resize_image, to_gray
from superpoint_ros.evaluation.datasets.files import read_image

# (height, width) = exactly that size; a number = at most that on the longer side; None = original size.
ImageSize = tuple[int, int] | int | None


def target_size(image_size: tuple[int, int], size: ImageSize) -> tuple[int, int]:
    """Compute the (height, width) of an image of `image_size` after the resize."""
    if size is None:
        return image_size
    return fit_within(image_size, size) if isinstance(size, int) else size


def sized(image: np.ndarray, size: ImageSize) -> np.ndarray:
    """Convert an image, uint8 (H, W) or (H, W, 3) in BGR order, to gray uint8 of the size."""
    gray = to_gray(image)
    wanted = target_size(gray.shape, size)
    return gray if gray.shape == wanted else resize_image(gray, wanted)


def read_sized(path: Path, size: ImageSize) -> tuple[np.ndarray, tuple[int, int]]:
    """Read a gray image at the size, and the (height, width) of the file's image."""
    image = read_image(path)
    return sized(image, size), image.shape[:2]

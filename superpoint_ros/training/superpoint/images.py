"""A folder of images of any size, as gray arrays."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from superpoint_ros.core.errors import DatasetError, ImageError
from superpoint_ros.core.geometry import resize_matrix
from superpoint_ros.core.image import resize_image
from superpoint_ros.core.image_files import IMAGE_SUFFIXES, list_image_files, read_image_file


def find_images(folder: Path) -> list[Path]:
    """List images below a folder, relative to it, in the order of the numbers in their names.

    Raises:
        DatasetError: There is none.
    """
    found = [path.relative_to(folder) for path in list_image_files(folder, recursive=True)]
    if not found:
        raise DatasetError(f"no image ({', '.join(IMAGE_SUFFIXES)}) below '{folder}'")
    return found


def read_gray(path: Path) -> np.ndarray:
    """Read one image as uint8 (H, W).

    Raises:
        DatasetError: The file is not an image, is damaged or too large.
    """
    try:
        return read_image_file(path, "gray")
    except ImageError as error:
        raise DatasetError(str(error)) from error


def size_of_area(size: tuple[int, int], area: int) -> tuple[int, int]:
    """Find (height, width) of about an area in pixels: multiples of 8, of about an image's shape, never larger."""
    scale = min(1.0, math.sqrt(area / (size[0] * size[1])))
    height, width = (max(8, int(side * scale / 8 + 0.5) * 8) for side in size)
    return height, width


def random_cover(image: np.ndarray, size: tuple[int, int], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Resize an image so that it just covers (height, width), and crop the excess at random.

    Returns:
        The crop uint8 (height, width), and the 3x3 map from the image's pixels to the crop's.
    """
    scale = max(size[0] / image.shape[0], size[1] / image.shape[1])
    covering = (max(size[0], round(image.shape[0] * scale)), max(size[1], round(image.shape[1] * scale)))
    top, left = (int(rng.integers(0, covering[i] - size[i] + 1)) for i in (0, 1))
    crop = resize_image(image, covering)[top : top + size[0], left : left + size[1]]
    matrix = resize_matrix(image.shape[:2], covering)
    matrix[:2, 2] -= (left, top)
    return crop, matrix

"""Readers for the files of data sets; every fault becomes a DatasetError that says what was expected."""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from superpoint_ros.core.camera import Camera
from superpoint_ros.core.errors import DatasetError, ImageError
from superpoint_ros.core.geometry import pose_from_quaternion
from superpoint_ros.core.image_files import IMAGE_SUFFIXES, list_image_files, read_image_file


def require_path(path: Path, origin: str) -> Path:
    """Return the path.

    Args:
        path: Path of a file or folder.
        origin: What belongs there and where to get it, for the error.

    Raises:
        DatasetError: The path does not exist.
    """
    if not path.exists():
        raise DatasetError(f"'{path}' is missing; {origin}")
    return path


def read_text(path: Path, origin: str) -> str:
    """Read a text file.

    Raises:
        DatasetError: The file does not exist, or is none of text.
    """
    try:
        return require_path(path, origin).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise DatasetError(f"'{path}' is not text; {origin}") from error


def list_images(folder: Path, origin: str) -> list[Path]:
    """List the images of a folder, in the order of the numbers in their names.

    Raises:
        DatasetError: The folder does not exist, or holds no images.
    """
    require_path(folder, origin)
    found = list_image_files(folder)
    if not found:
        raise DatasetError(f"'{folder}' holds no images ({', '.join(IMAGE_SUFFIXES)}); {origin}")
    return found


def read_image(path: Path) -> np.ndarray:
    """Read an image, uint8 (H, W), or (H, W, 3) in BGR order.

    Raises:
        DatasetError: The file does not exist, or cannot be decoded.
    """
    try:
        return read_image_file(path, "gray_or_bgr")
    except ImageError as error:
        raise DatasetError(f"image {error}; expected an 8-bit {', '.join(IMAGE_SUFFIXES)}") from error


def read_depth(path: Path, scale: float) -> np.ndarray:
    """Read a 16-bit image as depth, float32 (H, W), meters: value / scale, 0 = not measured.

    Raises:
        DatasetError: The file does not exist, cannot be decoded, or is no 16-bit image.
    """
    try:
        values = read_image_file(path, "unchanged")
    except ImageError as error:
        raise DatasetError(f"depth image {error}; expected a 16-bit PNG") from error
    if values.dtype != np.uint16 or values.ndim != 2:
        raise DatasetError(f"depth image '{path}': {values.dtype} {values.shape}; expected 16 bits and one channel")
    return (values / scale).astype(np.float32)


def read_numbers(path: Path, columns: int, origin: str, delimiter: str | None = None) -> np.ndarray:
    """Read rows of numbers, float64 (N, columns); `#` starts a comment, further columns are ignored.

    Raises:
        DatasetError: The file does not exist, is empty, or has anything else in it.
    """
    require_path(path, origin)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # An empty file is an error below
            numbers = np.loadtxt(path, dtype=np.float64, delimiter=delimiter, ndmin=2, usecols=range(columns))
    except (ValueError, IndexError, UnicodeDecodeError) as error:
        raise DatasetError(f"'{path}': {error}; expected rows of {columns} numbers; {origin}") from error
    if not len(numbers) or not np.isfinite(numbers).all():
        raise DatasetError(f"'{path}': empty or not finite; expected rows of {columns} numbers; {origin}")
    return numbers


def read_matrix(path: Path, shape: tuple[int, int], origin: str) -> np.ndarray:
    """Read one matrix, float64 of `shape`, from text.

    Raises:
        DatasetError: The file does not exist, or holds a matrix of another shape.
    """
    numbers = read_numbers(path, shape[1], origin)
    if numbers.shape != shape:
        raise DatasetError(f"'{path}': {len(numbers)} rows of numbers; expected {shape[0]} of {shape[1]}; {origin}")
    return numbers


def read_stamped_names(path: Path, origin: str) -> tuple[np.ndarray, list[str]]:
    """Read lines of "seconds file": stamps, float64 (N,), and file names.

    Raises:
        DatasetError: The file does not exist, or has other lines.
    """
    lines = [line.split() for line in read_text(path, origin).splitlines() if not line.startswith("#")]
    rows = [row for row in lines if row]
    if not rows:
        raise DatasetError(f"'{path}' lists nothing; expected lines of 'timestamp filename'; {origin}")
    try:
        return np.array([float(row[0]) for row in rows]), [row[1] for row in rows]
    except (ValueError, IndexError) as error:
        raise DatasetError(f"'{path}': {error}; expected lines of 'timestamp filename'; {origin}") from error


def read_tum_poses(path: Path, origin: str) -> tuple[np.ndarray, np.ndarray]:
    """Read lines of "seconds tx ty tz qx qy qz qw": stamps, float64 (N,), and poses, float64 (N, 4, 4).

    Raises:
        DatasetError: The file does not exist, or has other lines.
    """
    rows = read_numbers(path, 8, origin)
    try:
        return rows[:, 0], np.stack([pose_from_quaternion(row[1:4], row[4:8]) for row in rows])
    except ValueError as error:
        raise DatasetError(f"'{path}': {error}; expected lines of 'seconds tx ty tz qx qy qz qw'; {origin}") from error


def read_json(path: Path, keys: tuple[str, ...], origin: str) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        DatasetError: The file does not exist, is no JSON object, or lacks one of `keys`.
    """
    try:
        content = json.loads(read_text(path, origin))
    except ValueError as error:
        raise DatasetError(f"'{path}': not JSON ({error}); {origin}") from error
    missing = [key for key in keys if not isinstance(content, dict) or key not in content]
    if missing:
        raise DatasetError(f"'{path}': no {', '.join(missing)} in it; {origin}")
    result: dict[str, Any] = content
    return result


def nearest_rows(stamps: np.ndarray, wanted: np.ndarray, tolerance: float) -> np.ndarray:
    """Find the row of the nearest of `stamps` (in any order) for each wanted time; -1 beyond `tolerance` seconds."""
    if not len(stamps):
        return np.full(len(wanted), -1)
    order = np.argsort(stamps)
    middles = (stamps[order][1:] + stamps[order][:-1]) / 2
    nearest = order[np.searchsorted(middles, wanted)]
    return np.where(np.abs(stamps[nearest] - wanted) <= tolerance, nearest, -1)


def pinhole(
    focal: tuple[float, float],
    center: tuple[float, float],
    image_size: tuple[int, int],
    distortion: Sequence[float] = (),
    *,
    fisheye: bool = False,
) -> Camera:
    """Make a pinhole camera.

    Args:
        focal: Focal lengths fx, fy, pixels.
        center: Principal point cx, cy, pixels.
        image_size: (height, width), pixels.
        distortion: Coefficients of the plumb_bob model, or of the equidistant one; () = none.
        fisheye: Whether the lens model is the equidistant one.
    """
    matrix = np.array([[focal[0], 0, center[0]], [0, focal[1], center[1]], [0, 0, 1]], np.float64)
    return Camera(matrix, np.array(distortion, np.float64), image_size=image_size, fisheye=fisheye)

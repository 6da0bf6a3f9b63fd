"""Image files: which there are, in which order, and their pixels, as every part of the package reads them."""

from __future__ import annotations

import io
import math
import re
from pathlib import Path
from typing import BinaryIO, Literal, TypeAlias

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

from superpoint_ros.core.errors import ImageError
from superpoint_ros.core.files import LFS_POINTER, lfs_hint

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".pgm", ".ppm", ".tif", ".tiff", ".webp")
FORMATS = ("BMP", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")
MAX_IMAGE_PIXELS = 2**27
MAX_FILE_BYTES = 2**30

Channels: TypeAlias = Literal["gray", "bgr", "gray_or_bgr", "unchanged"]

# A camera's pixels are counted in the image as stored: an orientation tag must not turn it.
DECODE_FLAGS: dict[Channels, int] = {
    "gray": cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION,
    "bgr": cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION,
    "gray_or_bgr": cv2.IMREAD_ANYCOLOR | cv2.IMREAD_IGNORE_ORIENTATION,
    "unchanged": cv2.IMREAD_UNCHANGED,
}


def is_image_file(path: Path) -> bool:
    """Return whether the name of a file ends as those of images do, in any case, and is not that of a hidden file."""
    return path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".")


def list_image_files(folder: Path, *, recursive: bool = False) -> list[Path]:
    """List the images of a folder in the order of the numbers in their names: frame9 comes before frame10.

    Args:
        folder: Folder that exists.
        recursive: Whether folders below it are searched too, hidden ones excepted.
    """
    found = [path for path in (folder.rglob("*") if recursive else folder.iterdir()) if is_image_file(path)]
    visible = [path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts)]
    return sorted(filter(Path.is_file, visible), key=lambda path: (_natural_order(path.relative_to(folder)), path))


def _natural_order(path: Path) -> list[list[tuple[float, str]]]:
    """Split the names of a path into numbers and words; numbers come before words."""
    return [
        [(int(digits) if digits else math.inf, word) for digits, word in re.findall(r"(\d+)|(\D+)", part)]
        for part in (*path.parent.parts, path.stem)
    ]


def decode_image(data: bytes | np.ndarray, channels: Channels, *, max_pixels: int = MAX_IMAGE_PIXELS) -> np.ndarray:
    """Decode an encoded image, its pixels as they are stored.

    Args:
        data: Content of an image file: bytes, or uint8 (N,).
        channels: "gray": uint8 (H, W); "bgr": uint8 (H, W, 3); "gray_or_bgr": whichever the file holds; "unchanged":
            the dtype and channels of the file.
        max_pixels: Number of pixels above which nothing is decoded.

    Raises:
        ImageError: Not an image, damaged, or too large.
    """
    encoded = np.frombuffer(data, np.uint8)
    height, width = _read_size(io.BytesIO(encoded.tobytes()))
    if height * width > max_pixels:
        raise ImageError(f"image of {width}x{height} is larger than the {max_pixels / 1e6:g} megapixels allowed")
    try:
        image = cv2.imdecode(encoded, DECODE_FLAGS[channels])
    except cv2.error as error:
        raise ImageError(f"image of {width}x{height} cannot be decoded: {error}") from error
    if image is None:
        raise ImageError(f"image of {width}x{height} cannot be decoded; it is damaged")
    return image


def _read_size(file: BinaryIO) -> tuple[int, int]:
    """Read (height, width) off an image's header, before anything of its size is allocated."""
    try:
        with Image.open(file, formats=FORMATS) as header:
            return header.height, header.width
    except Image.DecompressionBombError as error:
        raise ImageError(f"image is too large: {error}") from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, OverflowError) as error:
        file.seek(0)
        hint = lfs_hint(file.read(len(LFS_POINTER))) or ": not an image, or its header is damaged"
        raise ImageError(f"cannot be decoded{hint}") from error


def read_image_file(path: Path, channels: Channels) -> np.ndarray:
    """Read an image file; see `decode_image` for the channels.

    Raises:
        ImageError: The file does not exist, is not an image, is damaged or too large; the message names it.
    """
    try:
        if (size := path.stat().st_size) > MAX_FILE_BYTES:
            raise ImageError(f"{size} bytes are more than the {MAX_FILE_BYTES} allowed")
        return decode_image(path.read_bytes(), channels)
    except OSError as error:
        raise ImageError(f"'{path}': {(error.strerror or str(error)).lower()}") from error
    except ImageError as error:
        raise ImageError(f"'{path}': {error}") from error

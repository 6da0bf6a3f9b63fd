"""Files that are taken for images."""

from __future__ import annotations

from pathlib import Path

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".pgm", ".ppm", ".tif", ".tiff", ".webp")


def is_image_file(path: Path) -> bool:
    """Return whether the name of a file ends as those of images do, in lower or upper case."""
    return path.suffix.lower() in IMAGE_SUFFIXES

"""Sizes of messages above which they are refused; nothing here needs ROS."""

from __future__ import annotations

from superpoint_ros.ros.messages.errors import InputError

MAX_POINTS = 2_000_000


def check_size(height: int, width: int, max_pixels: int) -> None:
    """Refuse a size before anything of it is allocated.

    Raises:
        InputError: The image of that size has more pixels than `max_pixels`.
    """
    if height * width > max_pixels:
        text = f"image of {width}x{height} is larger than the {max_pixels / 1e6:g} megapixels allowed (max_megapixels)"
        raise InputError("size", text)

"""Drawings of matches: two images side by side, lines from keypoint to keypoint."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from superpoint_ros.core.errors import DatasetError
from superpoint_ros.core.files import written_whole

GREEN, RED, YELLOW = (60, 200, 60), (60, 60, 230), (40, 220, 240)
SUBPIXEL_BITS = 4


def _fixed(xy: np.ndarray) -> np.ndarray:
    """Convert pixels (N, 2) to OpenCV's fixed-point int32 (N, 2)."""
    return np.round(np.asarray(xy, np.float64) * (1 << SUBPIXEL_BITS)).astype(np.int32)


def _color_canvas(image: np.ndarray) -> np.ndarray:
    return image.copy() if image.ndim == 3 else cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)


def draw_matches(
    image0: np.ndarray, image1: np.ndarray, xy0: np.ndarray, xy1: np.ndarray, correct: np.ndarray | None = None
) -> np.ndarray:
    """Draw two images side by side with a line for every match.

    Args:
        image0: Left image, uint8 (H, W) or (H, W, 3) in BGR order.
        image1: Right image, of any size.
        xy0: Matched points of the left image (N, 2), pixels.
        xy1: Matched points of the right image (N, 2), pixels.
        correct: Whether each match is correct, bool (N,): green lines over red ones; None = yellow lines.

    Returns:
        Drawing, uint8 (max H, W0 + W1, 3), BGR.
    """
    left, right = _color_canvas(image0), _color_canvas(image1)
    canvas = np.zeros((max(len(left), len(right)), left.shape[1] + right.shape[1], 3), np.uint8)
    canvas[: len(left), : left.shape[1]] = left
    canvas[: len(right), left.shape[1] :] = right
    starts, ends = _fixed(xy0), _fixed(xy1 + [left.shape[1], 0])
    order = np.arange(len(starts)) if correct is None else np.argsort(correct, kind="stable")
    for index in order:
        color = YELLOW if correct is None else GREEN if correct[index] else RED
        cv2.line(canvas, starts[index].tolist(), ends[index].tolist(), color, 1, cv2.LINE_AA, SUBPIXEL_BITS)
    return canvas


def write_image(path: Path, image: np.ndarray) -> None:
    """Write an image, creating its folder.

    Raises:
        DatasetError: The file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(path) as beside:
            beside.write_bytes(cv2.imencode(path.suffix, image)[1].tobytes())
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DatasetError(f"image '{path}' cannot be written: {reason}; choose another output folder") from error


def file_name(detector: str) -> str:
    """Convert a detector's name to a part of a file name: letters and digits stay, the rest becomes "_"."""
    return "".join(character if character.isalnum() else "_" for character in detector)

"""Tracks drawn over an image, and a caption. All images are uint8 BGR."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from superpoint_ros.core.image import to_gray
from superpoint_ros.core.types import STATUS_NEW, Tracks

DEFAULT_TRAIL = 12
OLD_AGE = 40  # images, from which on the color changes no more
SUBPIXEL_BITS = 4
LINE_OPACITY = 0.65
SMALLEST_TEXT = 0.01  # as a scale of OpenCV's font
# Radii in fixed-point pixels: 1.2, 2.5 and 3.6 px.
NEW_RADIUS, HEAD_RADIUS, OUTLINE_RADIUS = 19, 40, 58
NEW_COLOR = (225, 225, 225)
INK, PAPER = (245, 245, 245), (28, 24, 22)
# From the violet of young tracks to the yellow of old ones; the ends of the map are too dark, or too red, to read.
AGE_COLORS = cv2.applyColorMap(np.linspace(20, 215, OLD_AGE).astype(np.uint8)[:, None], cv2.COLORMAP_TURBO)[:, 0]


class Trails:
    """Remember the last points of every living track of one camera.

    Args:
        length: Number of points remembered per track, the newest included.
    """

    def __init__(self, length: int = DEFAULT_TRAIL):
        self._length = length
        self._epoch: int | None = None
        self._points: dict[int, np.ndarray] = {}

    def update(self, tracks: Tracks) -> Mapping[int, np.ndarray]:
        """Add the tracks of an image, and return by id the last points, float32 (L, 2), oldest first."""
        if tracks.epoch != self._epoch:
            self._epoch, self._points = tracks.epoch, {}
        for lost in tracks.lost_id.tolist():
            self._points.pop(lost, None)
        for track, point in zip(tracks.id.tolist(), tracks.xy, strict=True):
            seen = self._points.get(track)
            line = point[None] if seen is None else np.concatenate([seen[1 - self._length :], point[None]])
            self._points[track] = line[-self._length :]
        return self._points


def draw_tracks(image: np.ndarray, tracks: Tracks, trails: Mapping[int, np.ndarray] | None = None) -> np.ndarray:
    """Draw a dot per keypoint and a line along the way of each track over a paled copy of the image.

    New keypoints are small and white; tracks have the color of their age, from violet over green to orange.

    Args:
        image: Image, uint8 (H, W), (H, W, 1) or (H, W, 3) BGR; it is not changed.
        tracks: Tracks of this image.
        trails: Last points by track id, as Trails.update returns them; None = lines go back to where a track was last
            seen.

    Raises:
        ImageError: An image of another shape or dtype.
    """
    canvas = _paled(image)
    # Draw new keypoints, then trails, then the heads of tracks: old ones above young ones.
    for x, y in _fixed(tracks.xy[tracks.status == STATUS_NEW]).tolist():
        cv2.circle(canvas, (x, y), NEW_RADIUS, NEW_COLOR, -1, cv2.LINE_AA, SUBPIXEL_BITS)
    rows = np.nonzero(tracks.status != STATUS_NEW)[0]
    rows = rows[np.argsort(tracks.age[rows], kind="stable")]
    steps = {row: np.stack([tracks.previous_xy[row], tracks.xy[row]]) for row in rows.tolist()}
    lines = steps if trails is None else {row: trails.get(int(tracks.id[row]), step) for row, step in steps.items()}
    lined = canvas.copy()
    for row, line in lines.items():
        cv2.polylines(lined, [_fixed(line)], False, age_color(tracks.age[row]), 1, cv2.LINE_AA, SUBPIXEL_BITS)
    canvas = cv2.addWeighted(lined, LINE_OPACITY, canvas, 1 - LINE_OPACITY, 0)
    points = _fixed(tracks.xy).tolist()
    for row in rows.tolist():
        cv2.circle(canvas, points[row], OUTLINE_RADIUS, PAPER, -1, cv2.LINE_AA, SUBPIXEL_BITS)
        cv2.circle(canvas, points[row], HEAD_RADIUS, age_color(tracks.age[row]), -1, cv2.LINE_AA, SUBPIXEL_BITS)
    return canvas


def add_caption(image: np.ndarray, text: str) -> np.ndarray:
    """Add a strip below the BGR image, with a line of text and, at its right end, the colors of track ages."""
    width = image.shape[1]
    height = max(18, width // 26)
    strip = np.full((height, width, 3), PAPER, np.uint8)
    swatch_width, margin = width // 6, height // 3
    end = width - 2 * height
    strip[margin : 2 * margin, end - swatch_width : end] = cv2.resize(AGE_COLORS[None], (swatch_width, margin))
    _write(strip, f"{OLD_AGE}+", end + margin // 2, width)
    _write(strip, "age 1", end - swatch_width - 2 * height, end - swatch_width)
    _write(strip, text, margin, end - swatch_width - 2 * height)
    return np.concatenate([image, strip])


def _write(strip: np.ndarray, text: str, left: int, right: int) -> None:
    """Write a line of text between two columns, as large as the strip allows."""
    font, scale = cv2.FONT_HERSHEY_SIMPLEX, len(strip) / 42
    # The width is not proportional to the scale: OpenCV rounds the size of letters.
    while cv2.getTextSize(text, font, scale, 1)[0][0] > right - left and scale > SMALLEST_TEXT:
        scale *= 0.95
    cv2.putText(strip, text, (left, len(strip) * 2 // 3), font, scale, INK, 1, cv2.LINE_AA)


def age_color(age: float) -> tuple[int, int, int]:
    """Look up the BGR color of a track seen in `age` images."""
    blue, green, red = AGE_COLORS[min(max(int(age), 1), OLD_AGE) - 1].tolist()
    return blue, green, red


def _paled(image: np.ndarray) -> np.ndarray:
    """Copy the image as BGR with less color and light, so that what is drawn stands out."""
    pale = cv2.cvtColor(to_gray(image), cv2.COLOR_GRAY2BGR)
    return cv2.addWeighted(pale, 0.5, image if image.shape == pale.shape else pale, 0.32, 0)


def _fixed(xy: np.ndarray) -> np.ndarray:
    """Convert pixels (N, 2) to OpenCV's fixed-point integers."""
    return np.round(np.asarray(xy) * (1 << SUBPIXEL_BITS)).astype(np.int32)

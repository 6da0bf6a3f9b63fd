"""Convex polygons in continuous coordinates, drawn without bias.

Integer coordinates are pixel centers. OpenCV fills every pixel that an outline touches, so polygons come out larger
by about two thirds of a pixel on each side; they are drawn SUPERSAMPLING times larger, inset by as much, and averaged
down.
"""

from __future__ import annotations

import cv2
import numpy as np

SUPERSAMPLING = 4
FRACTION_BITS = 8
FILL_GROWTH = 0.667 / SUPERSAMPLING  # pixels by which fillConvexPoly moves an edge outward (measured, mean over angles)
MIN_CONTRAST = 30.0  # gray levels between polygons that are meant to be told apart


def inset(polygon: np.ndarray, distance: float) -> np.ndarray:
    """Move every edge of a convex polygon (N, 2) inward by a distance in pixels."""
    edge = np.roll(polygon, -1, 0) - polygon
    direction = edge / (np.linalg.norm(edge, axis=1, keepdims=True) + 1e-9)
    area = np.sum(polygon[:, 0] * np.roll(polygon[:, 1], -1) - polygon[:, 1] * np.roll(polygon[:, 0], -1))
    normal = np.stack([-direction[:, 1], direction[:, 0]], axis=1) * np.sign(area)
    previous = np.roll(normal, 1, 0)
    stretch = np.maximum(1.0 + (normal * previous).sum(1, keepdims=True), 0.1)
    result: np.ndarray = polygon + distance * (normal + previous) / stretch
    return result


def line_polygon(start: np.ndarray, end: np.ndarray, thickness: float) -> np.ndarray:
    """Compute the rectangle (4, 2) that a segment of some thickness in pixels covers."""
    direction = (end - start) / (np.linalg.norm(end - start) + 1e-9)
    side = np.array([-direction[1], direction[0]]) * thickness / 2
    return np.array([start - side, end - side, end + side, start + side])


class Canvas:
    """Collect polygons over a smooth background, and the corners that are still visible."""

    def __init__(self, rng: np.random.Generator, size: tuple[int, int]):
        self.size = size
        self._polygons: list[tuple[np.ndarray, float]] = []
        self._corners = np.zeros((0, 2))
        level = rng.uniform(0.0, 255.0)
        self._grays = [level]
        self._background = self._smooth_background(rng, level)

    def _smooth_background(self, rng: np.random.Generator, level: float) -> np.ndarray:
        height, width = self.size
        cells = rng.integers(2, 9, 2)
        coarse = rng.normal(level, rng.uniform(0.0, 8.0), cells).astype(np.float32)
        return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)

    def new_gray(self, rng: np.random.Generator) -> float:
        """Draw a gray level that contrasts with the background and the newest polygons."""
        recent = np.array([self._grays[0], *self._grays[1:][-2:]])
        candidates = rng.uniform(0.0, 255.0, 32)
        contrast = np.abs(candidates[:, None] - recent).min(1)
        clear = np.flatnonzero(contrast >= MIN_CONTRAST)
        gray = float(candidates[clear[0] if len(clear) else contrast.argmax()])
        self._grays.append(gray)
        return gray

    def fill(self, polygon: np.ndarray, gray: float) -> None:
        """Add a convex polygon (N, 2) in pixels; corners labeled before and now under it are no longer visible."""
        outline = polygon.astype(np.float32)
        signed = [cv2.pointPolygonTest(outline, (float(x), float(y)), measureDist=True) for x, y in self._corners]
        self._corners = self._corners[np.array(signed) < 0.5]
        self._polygons.append((polygon, gray))

    def label(self, corners: np.ndarray) -> None:
        """Add corners (N, 2) in pixels."""
        self._corners = np.concatenate([self._corners, corners])

    def add_noise(self, rng: np.random.Generator, deviation: float) -> None:
        """Add white noise of a standard deviation in gray levels to the background."""
        self._background = self._background + rng.normal(0.0, deviation, self.size).astype(np.float32)

    def render(self, homography: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """Draw the polygons, warped by a homography (3, 3) where there is one.

        Returns:
            Image, uint8 (height, width); corners inside it, float64 (N, 2), pixels.
        """
        height, width = self.size
        background = np.clip(self._background, 0, 255).astype(np.uint8)
        large = (width * SUPERSAMPLING, height * SUPERSAMPLING)
        image = cv2.resize(background, large, interpolation=cv2.INTER_NEAREST)
        for polygon, gray in self._polygons:
            warped = inset(self._warp(polygon, homography), FILL_GROWTH)
            fixed = np.round(((warped + 0.5) * SUPERSAMPLING - 0.5) * (1 << FRACTION_BITS)).astype(np.int32)
            cv2.fillConvexPoly(image, fixed, min(max(gray, 0.0), 255.0), lineType=cv2.LINE_AA, shift=FRACTION_BITS)
        image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
        corners = self._warp(self._corners, homography)
        inside = np.all((corners >= -0.5) & (corners < np.array([width, height]) - 0.5), axis=1)
        return image, corners[inside]

    @staticmethod
    def _warp(points: np.ndarray, homography: np.ndarray | None) -> np.ndarray:
        if homography is None or len(points) == 0:
            return points
        return cv2.perspectiveTransform(points.reshape(-1, 1, 2), homography).reshape(-1, 2)

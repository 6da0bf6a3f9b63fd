"""A calibrated camera: pixels to normalized, undistorted coordinates, and points to pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import cv2
import numpy as np

from superpoint_ros.core.errors import CalibrationError
from superpoint_ros.core.geometry import resize_matrix
from superpoint_ros.core.image import same_aspect

# OpenCV's default of five iterations leaves whole pixels of error at the edge of a wide lens.
CONVERGED = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 50, 1e-10)

MAX_INVERSION_ERROR = 0.1  # pixels
MAX_RADIUS, RADII = 20.0, 20_001  # where the lens model is looked at: up to 87 degrees, in steps of 0.001
MAX_FISHEYE_RADIUS = 1e6  # 90 degrees, but for the rounding


def check_camera_matrix(matrix: np.ndarray, name: str) -> None:
    """Check that a matrix (3, 3) is [fx s cx; 0 fy cy; 0 0 1], with finite values and focal lengths that are not 0.

    Args:
        matrix: The matrix.
        name: What it is called in the error.

    Raises:
        CalibrationError: It is not.
    """
    below = (matrix[1, 0], *matrix[2])
    if not np.isfinite(matrix).all() or below != (0.0, 0.0, 0.0, 1.0) or matrix[0, 0] * matrix[1, 1] == 0.0:
        raise CalibrationError(f"{name} {matrix.tolist()} is no camera matrix, [fx s cx; 0 fy cy; 0 0 1]")


@dataclass(frozen=True)
class Camera:
    """Hold the intrinsics and the distortion of one camera.

    >>> camera = Camera(np.array([[500.0, 0, 320], [0, 500, 240], [0, 0, 1]]), np.zeros(0), (480, 640))
    >>> camera.normalize(np.array([[420.0, 240.0]])).tolist()
    [[0.2, 0.0]]

    Attributes:
        K: Intrinsics [fx s cx; 0 fy cy; 0 0 1], float64 (3, 3), pixels; s is the skew, 0 where pixels are rectangles.
        distortion: OpenCV's coefficients of the distortion model, float64 (K,); empty = no distortion.
        image_size: (height, width) of the images it describes, pixels.
        fisheye: Whether the coefficients are those of the equidistant model, not of plumb_bob or rational_polynomial.

    Raises:
        CalibrationError: K is no camera matrix, a number of coefficients that the model does not have, or a value that
            is not finite.
    """

    K: np.ndarray
    distortion: np.ndarray
    image_size: tuple[int, int]
    fisheye: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        allowed = (4,) if self.fisheye else (0, 4, 5, 8, 12, 14)
        if len(self.distortion) not in allowed:
            counts = " or ".join(map(str, allowed))
            raise CalibrationError(f"{len(self.distortion)} distortion coefficients; the model has {counts}")
        check_camera_matrix(self.K, "K")
        if not np.isfinite(self.distortion).all():
            raise CalibrationError(f"distortion {self.distortion.tolist()} not finite")

    def cropped_and_binned(self, offset: tuple[int, int], binning: tuple[int, int]) -> Camera:
        """Make the camera of images that are cut out and then averaged over blocks of pixels.

        Pixel centers are integers, so u' = (u - offset + 0.5) / binning - 0.5.

        Args:
            offset: (x, y) of the first pixel of the cut; `image_size` is taken to be the size of the cut.
            binning: (x, y) pixels that become one.
        """
        K = self.K.copy()
        K[:2, 2] += 0.5 - np.asarray(offset)
        K[:2] /= np.asarray(binning, np.float64)[:, None]
        K[:2, 2] -= 0.5
        size = (self.image_size[0] // binning[1], self.image_size[1] // binning[0])
        return replace(self, K=K, image_size=size)

    def resized(self, image_size: tuple[int, int]) -> Camera:
        """Make the camera of the same images after a resize to (height, width)."""
        return replace(self, K=resize_matrix(self.image_size, image_size) @ self.K, image_size=image_size)

    def fitted_to(self, image_size: tuple[int, int]) -> Camera:
        """Make the camera of an image: of the size that this one is for, or the same field of view at another size.

        Args:
            image_size: (height, width) of the image.

        Raises:
            CalibrationError: The image has another aspect ratio.
        """
        if image_size == self.image_size:
            return self
        if not same_aspect(self.image_size, image_size):
            raise CalibrationError(f"calibration is for images of (height, width) {self.image_size}, not {image_size}")
        return self.resized(image_size)

    def normalize(self, xy: np.ndarray) -> np.ndarray:
        """Undistort pixels (N, 2) to (X/Z, Y/Z) in the optical frame.

        Returns:
            float64 (N, 2); NaN where the lens model has no inverse: the polynomials of a lens are fitted to its image,
            and may fold back towards the edge or beyond it.
        """
        if len(xy) == 0:
            return np.zeros((0, 2))
        points = self._without_skew(np.asarray(xy, np.float64)).reshape(-1, 1, 2)
        if self.fisheye:
            normalized = cv2.fisheye.undistortPoints(points, self.K, self.distortion)
            normalized[np.abs(normalized) >= MAX_FISHEYE_RADIUS] = np.nan
        elif hasattr(cv2, "undistortPointsIter"):
            normalized = cv2.undistortPointsIter(points, self.K, self.distortion, None, None, CONVERGED)
        else:
            normalized = cv2.undistortPoints(points, self.K, self.distortion, criteria=CONVERGED)
        rays = normalized.reshape(-1, 2)
        if len(self.distortion):
            # Keep rays that the lens images at the pixel, without a fold in between.
            error = np.linalg.norm(self.project(np.column_stack([rays, np.ones(len(rays))])) - xy, axis=1)
            rays[~(error <= MAX_INVERSION_ERROR)] = np.nan
        return rays

    def project(self, points: np.ndarray) -> np.ndarray:
        """Project points (N, 3) in the optical frame, meters, to pixels, lens included: the inverse of `normalize`.

        Returns:
            float64 (N, 2); NaN where a point is not in front of the camera, or the lens model has no inverse.
        """
        points = np.asarray(points, np.float64)
        rays = points[:, :2] / np.where(points[:, 2:] > 0.0, points[:, 2:], np.nan)
        if len(self.distortion) and len(rays):
            rays = self._distort(rays)
        xy: np.ndarray = rays @ self.K[:2, :2].T + self.K[:2, 2]
        return xy

    def _without_skew(self, xy: np.ndarray) -> np.ndarray:
        """Move pixels (N, 2) to where they were if their axes were at right angles, as OpenCV takes them to be."""
        if self.K[0, 1] == 0.0:
            return xy
        return np.column_stack([xy[:, 0] - self.K[0, 1] / self.K[1, 1] * (xy[:, 1] - self.K[1, 2]), xy[:, 1]])

    def _distort(self, rays: np.ndarray) -> np.ndarray:
        """Bend (X/Z, Y/Z) as the lens does, float64 (N, 2); NaN where it folds back."""
        known = np.linalg.norm(rays, axis=1) <= self.invertible_radius
        lens = cv2.fisheye.projectPoints if self.fisheye else cv2.projectPoints
        straight = np.column_stack([np.where(known[:, None], rays, 0.0), np.ones(len(rays))])
        bent, _ = lens(straight[:, None], np.zeros(3), np.zeros(3), np.eye(3), self.distortion)
        return np.where(known[:, None], bent.reshape(-1, 2), np.nan)

    @cached_property
    def invertible_radius(self) -> float:
        """Return the distance sqrt((X/Z)^2 + (Y/Z)^2) up to which the lens model rises, and so has an inverse.

        The polynomials of a lens that is no fisheye are trusted up to 87 degrees from the axis, where they rise so far.
        """
        if self.fisheye:
            angle = np.linspace(0.0, np.pi / 2, RADII)[:-1]
            radius, distorted = np.tan(angle), angle * _polynomial(angle, self.distortion)
        else:
            k1, k2, _, _, k3, k4, k5, k6 = np.pad(self.distortion, (0, 14))[:8]
            radius = np.linspace(0.0, MAX_RADIUS, RADII)
            with np.errstate(divide="ignore", invalid="ignore"):
                distorted = radius * _polynomial(radius, (k1, k2, k3)) / _polynomial(radius, (k4, k5, k6))
        falls = np.flatnonzero(~(np.diff(distorted) > 0))
        limit = MAX_FISHEYE_RADIUS if self.fisheye else MAX_RADIUS
        return float(radius[falls[0]]) if len(falls) else limit


def _polynomial(x: np.ndarray, coefficients: Sequence[float] | np.ndarray) -> np.ndarray:
    """Evaluate 1 + c1 x^2 + c2 x^4 + ..."""
    value: np.ndarray = 1.0 + sum(c * x ** (2 * power) for power, c in enumerate(coefficients, 1))
    return value

"""A calibrated camera: pixels to normalized, undistorted coordinates."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from superpoint_ros.core.errors import CalibrationError
from superpoint_ros.core.geometry import resize_matrix
from superpoint_ros.core.image import same_aspect

# OpenCV's default of five iterations leaves whole pixels of error at the edge of a wide lens.
CONVERGED = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 50, 1e-10)


@dataclass(frozen=True)
class Camera:
    """Hold the intrinsics and the distortion of one camera.

    >>> camera = Camera(np.array([[500.0, 0, 320], [0, 500, 240], [0, 0, 1]]), np.zeros(0), (480, 640))
    >>> camera.normalize(np.array([[420.0, 240.0]])).tolist()
    [[0.2, 0.0]]

    Attributes:
        K: Intrinsics, float64 (3, 3), pixels.
        distortion: OpenCV's coefficients of the distortion model, float64 (K,); empty = no distortion.
        image_size: (height, width) of the images it describes, pixels.
        fisheye: Whether the coefficients are those of the equidistant model, not of plumb_bob or rational_polynomial.

    Raises:
        CalibrationError: A number of coefficients that the model does not have, or a value that is not finite.
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
        if not (np.isfinite(self.K).all() and np.isfinite(self.distortion).all()):
            raise CalibrationError(f"K {self.K.tolist()} or distortion {self.distortion.tolist()} not finite")

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
        """Undistort pixels (N, 2) to (X/Z, Y/Z) in the optical frame, float64 (N, 2); NaN where there is none."""
        if len(xy) == 0:
            return np.zeros((0, 2))
        points = np.asarray(xy, np.float64).reshape(-1, 1, 2)
        if self.fisheye:
            normalized = cv2.fisheye.undistortPoints(points, self.K, self.distortion)
            normalized[np.abs(normalized) >= 1e6] = np.nan
        elif hasattr(cv2, "undistortPointsIter"):
            normalized = cv2.undistortPointsIter(points, self.K, self.distortion, None, None, CONVERGED)
        else:
            normalized = cv2.undistortPoints(points, self.K, self.distortion, criteria=CONVERGED)
        return normalized.reshape(-1, 2)

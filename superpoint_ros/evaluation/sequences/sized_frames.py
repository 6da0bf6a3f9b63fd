"""Resized frames with their cameras, and the reprojection of points from one frame into another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from superpoint_ros.core.camera import Camera
from superpoint_ros.core.errors import CalibrationError, DatasetError
from superpoint_ros.core.geometry import inverse_pose, lift, project, transform
from superpoint_ros.core.image import resize_points
from superpoint_ros.core.sparse_depth import depth_at
from superpoint_ros.evaluation.datasets.frames import Frame
from superpoint_ros.evaluation.datasets.sizing import ImageSize, sized


@dataclass(frozen=True)
class SizedFrame:
    """Hold a frame at the size that a protocol asks for.

    Attributes:
        image: Resized image, uint8 (H, W), gray.
        camera: Camera of the resized image; None = unknown.
        frame: The original frame.
    """

    image: np.ndarray
    camera: Camera | None
    frame: Frame


def size_frame(frame: Frame, size: ImageSize) -> SizedFrame:
    """Read and resize a frame, with its camera."""
    original = frame.image()
    image = sized(original, size)
    original_size, size_now = (original.shape[0], original.shape[1]), (image.shape[0], image.shape[1])
    try:
        camera = None if frame.camera is None else frame.camera.fitted_to(original_size).resized(size_now)
    except CalibrationError as error:
        raise DatasetError(f"frame '{frame.name}': {error}; expected the intrinsics of these images") from error
    return SizedFrame(image, camera, frame)


def relative_pose(frame0: Frame, frame1: Frame) -> np.ndarray | None:
    """Compute T_1_0 (4, 4), points of camera 0 into camera 1; None where a pose is unknown.

    Its translation is exactly zero where both cameras are at one place.
    """
    if frame0.pose is None or frame1.pose is None:
        return None
    result: np.ndarray = inverse_pose(frame1.pose) @ frame0.pose
    result[:3, 3] = frame1.pose[:3, :3].T @ (frame0.pose[:3, 3] - frame1.pose[:3, 3])
    return result


def undistort(xy: np.ndarray, camera: Camera) -> np.ndarray:
    """Convert pixels (N, 2) to pixels of the same camera without distortion, float64 (N, 2)."""
    result: np.ndarray = camera.normalize(xy) @ camera.K[:2, :2].T + camera.K[:2, 2]
    return result


def measured_depth(view: SizedFrame, xy: np.ndarray) -> np.ndarray:
    """Look up the frame's depth at pixels (N, 2) of the resized image, as `depth_at` does; its size may differ.

    Returns:
        float64 (N,), meters; NaN where it is unknown, and everywhere where the frame has no depth.
    """
    if view.frame.depth is None:
        return np.full(len(xy), np.nan)
    depth = view.frame.depth()
    size, depth_size = (view.image.shape[0], view.image.shape[1]), (depth.shape[0], depth.shape[1])
    return depth_at(depth, resize_points(np.asarray(xy, np.float64), size, depth_size))


def reproject(xy: np.ndarray, depth: np.ndarray, camera0: Camera, camera1: Camera, T_1_0: np.ndarray) -> np.ndarray:
    """Compute where points of one image are seen in another.

    Args:
        xy: Pixels of image 0 (N, 2), with its distortion.
        depth: Depth of the points along the optical axis (N,), meters; NaN = unknown.
        camera0: Camera of image 0.
        camera1: Camera of image 1.
        T_1_0: Pose of camera 0 in the frame of camera 1 (4, 4), meters.

    Returns:
        Undistorted pixels of image 1 (N, 2); NaN where depth is NaN, and behind camera 1.
    """
    return project(transform(lift(undistort(xy, camera0), depth, camera0.K), T_1_0), camera1.K)

"""Homographies, pinhole projection and rigid poses, in the pixel convention of core/types.py."""

from __future__ import annotations

import numpy as np


def warp_points(xy: np.ndarray, homography: np.ndarray) -> np.ndarray:
    """Map pixels (N, 2) through a 3x3 homography to float64 (N, 2); points at infinity become inf or NaN."""
    xy = np.asarray(xy, np.float64)
    warped = xy @ homography[:, :2].T + homography[:, 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        result: np.ndarray = warped[:, :2] / warped[:, 2:]
    return result


def resize_homography(
    homography: np.ndarray,
    from_sizes: tuple[tuple[int, int], tuple[int, int]],
    to_sizes: tuple[tuple[int, int], tuple[int, int]],
) -> np.ndarray:
    """Convert the homography between two images to their sizes after a resize.

    Args:
        homography: Map from pixels of image 0 to pixels of image 1 at the original sizes, 3x3.
        from_sizes: (height, width) of image 0 and of image 1 before the resize.
        to_sizes: (height, width) of image 0 and of image 1 after it.

    Returns:
        3x3 float64, scaled so that its last element is 1.
    """
    resize0, resize1 = (resize_matrix(before, after) for before, after in zip(from_sizes, to_sizes, strict=True))
    resized: np.ndarray = resize1 @ homography @ np.linalg.inv(resize0)
    resized /= resized[2, 2]
    return resized


def resize_matrix(from_size: tuple[int, int], to_size: tuple[int, int]) -> np.ndarray:
    """Make the 3x3 map of pixels under a resize from (H, W) to (H, W): x -> (x + 0.5) s - 0.5."""
    scale_y, scale_x = to_size[0] / from_size[0], to_size[1] / from_size[1]
    return np.array([[scale_x, 0, 0.5 * scale_x - 0.5], [0, scale_y, 0.5 * scale_y - 0.5], [0, 0, 1]])


def corner_pixel_centers(image_size: tuple[int, int]) -> np.ndarray:
    """List the centers of the corner pixels of an image (H, W), clockwise from the top left, float64 (4, 2)."""
    height, width = image_size
    return np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]], np.float64)


def inside_image(xy: np.ndarray, image_size: tuple[int, int]) -> np.ndarray:
    """Tell which points are on the image (H, W), its outermost pixel centers included, bool (N,); not NaN and inf."""
    height, width = image_size
    x, y = xy[:, 0], xy[:, 1]
    inside: np.ndarray = (x >= 0) & (y >= 0) & (x <= width - 1) & (y <= height - 1)
    return inside


def project(points: np.ndarray, K: np.ndarray) -> np.ndarray:
    """Project points (N, 3) in the optical frame, meters, through K (3x3) to pixels (N, 2); NaN where not in front."""
    depth = np.where(points[:, 2:] > 0, points[:, 2:], np.nan)
    xy: np.ndarray = (points[:, :2] / depth) @ K[:2, :2].T + K[:2, 2]
    return xy


def lift(xy: np.ndarray, depth: np.ndarray, K: np.ndarray) -> np.ndarray:
    """Lift pixels (N, 2) with depth Z (N,) in meters to points (N, 3) in the optical frame, through K (3x3)."""
    homogeneous = np.column_stack([xy, np.ones(len(xy))])
    points: np.ndarray = (homogeneous @ np.linalg.inv(K).T) * np.asarray(depth)[:, None]
    return points


def transform(points: np.ndarray, pose: np.ndarray) -> np.ndarray:
    """Transform points (N, 3) from the source frame to the target frame by a rigid 4x4 pose T_target_source."""
    transformed: np.ndarray = points @ pose[:3, :3].T + pose[:3, 3]
    return transformed


def inverse_pose(pose: np.ndarray) -> np.ndarray:
    """Invert a rigid 4x4 pose."""
    inverse = np.eye(4)
    inverse[:3, :3] = pose[:3, :3].T
    inverse[:3, 3] = -pose[:3, :3].T @ pose[:3, 3]
    return inverse


def pose_from_quaternion(translation: np.ndarray, quaternion: np.ndarray) -> np.ndarray:
    """Make a rigid 4x4 pose of a translation (3,) in meters and a quaternion (x, y, z, w) of any length.

    Raises:
        ValueError: The quaternion is zero.
    """
    from scipy.spatial.transform import Rotation

    pose = np.eye(4)
    pose[:3, :3] = Rotation.from_quat(quaternion).as_matrix()
    pose[:3, 3] = translation
    return pose


def essential_matrix(pose: np.ndarray) -> np.ndarray:
    """Compute the essential matrix E of T_1_0 (4x4): x1^T E x0 = 0 for normalized points of the same scene point."""
    tx, ty, tz = pose[:3, 3]
    essential: np.ndarray = np.array([[0, -tz, ty], [tz, 0, -tx], [-ty, tx, 0]]) @ pose[:3, :3]
    return essential

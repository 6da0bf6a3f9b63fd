"""Error of an estimated homography.

SuperPoint paper (arXiv 1712.07629), section 7.3: mean distance of the warped corners.
"""

from __future__ import annotations

import numpy as np

from superpoint_ros.core.geometry import corner_pixel_centers, warp_points


def corner_error(estimated: np.ndarray | None, true: np.ndarray, image_size: tuple[int, int]) -> float:
    """Compute the mean distance [px] between the image's four corners warped by both homographies.

    Args:
        estimated: Estimated homography 3x3 of image 0 to image 1; None = failed, which is an infinite error.
        true: True homography 3x3.
        image_size: (height, width) of image 0; its corners are the centers of its corner pixels.
    """
    if estimated is None or not np.isfinite(estimated).all() or np.linalg.det(estimated) == 0:
        return float("inf")
    corners = corner_pixel_centers(image_size)
    error = np.linalg.norm(warp_points(corners, estimated) - warp_points(corners, true), axis=1).mean()
    return float(error) if np.isfinite(error) else float("inf")

"""Tracks and the depth of their image as points: for RViz, mapping, and whoever reads PointCloud2."""

from __future__ import annotations

import numpy as np
from sensor_msgs.msg import Image, PointCloud2

from superpoint_ros.core.image_files import MAX_IMAGE_PIXELS
from superpoint_ros.core.sparse_depth import depth_at
from superpoint_ros.msg import Tracks
from superpoint_ros.ros.bridges.normalized_tracks import message_to_normalized_tracks
from superpoint_ros.ros.messages.depth import depth_image_to_array
from superpoint_ros.ros.messages.errors import InputError
from superpoint_ros.ros.messages.point_clouds import columns_to_cloud


def tracks_to_point_cloud(message: Tracks, depth: Image, *, max_pixels: int = MAX_IMAGE_PIXELS) -> PointCloud2:
    """Convert the tracks of an image to points in its optical frame; those without depth are left out.

    Fields: x, y, z [m]; u, v [px]; id, of 32 bits: modulo 2^32; age, the images that have seen the track; and sigma
    [px], where the tracks have it. All values are finite.

    Args:
        message: Tracks with normalized coordinates.
        depth: Depth along the optical axis of the same image, 32FC1 [m] or 16UC1 [mm]: registered to it, of its size.
        max_pixels: Number of pixels of the depth image above which nothing is converted.

    Raises:
        InputError: Tracks without normalized coordinates or outside the depth image, arrays of different lengths, or
            an image that holds no depth.
    """
    seen = message_to_normalized_tracks(message)
    image = depth_image_to_array(depth, max_pixels=max_pixels)
    known = np.flatnonzero(np.isfinite(np.hstack([seen.xy, seen.tracks.xy])).all(axis=1))
    pixels = seen.tracks.xy[known]
    check_inside(pixels, image)
    z = depth_at(image, pixels).astype(np.float32)
    with np.errstate(over="ignore"):
        x, y = (seen.xy[known] * z[:, None]).T
    columns = {"x": x, "y": y, "z": z, "u": pixels[:, 0], "v": pixels[:, 1]}
    if seen.tracks.sigma is not None:
        columns["sigma"] = seen.tracks.sigma[known]
    is_finite = np.isfinite(np.stack(list(columns.values()))).all(axis=0)
    columns |= {"id": seen.tracks.id[known].astype(np.uint32), "age": seen.tracks.age[known]}
    return columns_to_cloud({name: column[is_finite] for name, column in columns.items()}, message.header)


def check_inside(pixels: np.ndarray, depth: np.ndarray) -> None:
    """Check that tracks (N, 2) and depth (H, W) can be of one image.

    Raises:
        InputError: A track lies outside the depth image, which is then of another size.
    """
    height, width = depth.shape
    outside = ((pixels < -1) | (pixels > (width, height))).any(axis=1)
    if outside.any() or min(height, width) < 3:
        text = (
            f"{np.count_nonzero(outside)} of {len(pixels)} tracks lie outside the depth image of {width}x{height}: "
            "it must be registered to the tracks' images, and of their size"
        )
        raise InputError("size", text)

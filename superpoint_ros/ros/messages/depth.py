"""Depth images and point clouds <-> messages. REP 117 and 118: meters, NaN where there is none."""

from __future__ import annotations

import sys
from array import array

import numpy as np
from numpy.lib.recfunctions import structured_to_unstructured
from sensor_msgs.msg import Image, PointCloud2, PointField
from std_msgs.msg import Header

from superpoint_ros.core.camera import Camera
from superpoint_ros.core.image_files import MAX_IMAGE_PIXELS
from superpoint_ros.core.sparse_depth import one_per_voxel
from superpoint_ros.ros.messages.errors import InputError
from superpoint_ros.ros.messages.limits import MAX_POINTS, check_size
from superpoint_ros.ros.messages.point_clouds import columns_to_cloud

# encoding: (type, meters per unit); 0 and NaN mean "no depth" in both, as sparse depth never lies at the camera.
DEPTH_ENCODINGS = {"32FC1": (np.float32, 1.0), "16UC1": (np.uint16, 1e-3), "mono16": (np.uint16, 1e-3)}
MAX_MILLIMETERS = 65535
FIELD_TYPES = {PointField.FLOAT32: np.float32, PointField.FLOAT64: np.float64}


def depth_image_to_array(message: Image, *, max_pixels: int = MAX_IMAGE_PIXELS) -> np.ndarray:
    """Convert a depth Image, 32FC1 [m] or 16UC1 [mm], any step and byte order, to float32 (H, W), meters.

    Raises:
        InputError: Another encoding, no pixels, less data than the size says, or more pixels than `max_pixels`.
    """
    check_size(message.height, message.width, max_pixels)
    if message.encoding not in DEPTH_ENCODINGS:
        text = f"depth encoding '{message.encoding}' is not one of {', '.join(DEPTH_ENCODINGS)}"
        raise InputError("encoding", text)
    kind, unit = DEPTH_ENCODINGS[message.encoding]
    dtype = np.dtype(kind).newbyteorder(">" if message.is_bigendian else "<")
    if message.height == 0 or message.width == 0:
        raise InputError("size", f"depth image of size {message.width}x{message.height}")
    row_bytes = message.width * dtype.itemsize
    if message.step < row_bytes or len(message.data) < message.step * (message.height - 1) + row_bytes:
        text = f"{len(message.data)} bytes of step {message.step} for {message.width}x{message.height} depths"
        raise InputError("data", text)
    shape, strides = (message.height, message.width), (message.step, dtype.itemsize)
    values = np.ndarray(shape, dtype, message.data, strides=strides).astype(np.float32)
    return np.asarray(values * np.float32(unit))


def array_to_depth_image(depth: np.ndarray, header: Header, encoding: str = "32FC1") -> Image:
    """Convert float32 (H, W) [m] to 32FC1 [m] with NaN where there is none, or 16UC1 [mm] with 0, up to 65.535 m."""
    if encoding == "32FC1":
        pixels = depth.astype(np.float32)
    else:
        millimeters = np.nan_to_num(np.round(1e3 * depth), nan=0.0, posinf=MAX_MILLIMETERS, neginf=0.0)
        pixels = np.clip(millimeters, 0, MAX_MILLIMETERS).astype(np.uint16)
    height, width = pixels.shape
    return Image(
        header=header, height=height, width=width, encoding=encoding, step=pixels.itemsize * width,
        is_bigendian=int(sys.byteorder == "big"), data=array("B", pixels.tobytes()),
    )  # fmt: skip


def point_cloud_to_array(
    message: PointCloud2, names: tuple[str, ...] = ("x", "y", "z"), *, max_points: int = MAX_POINTS
) -> np.ndarray:
    """Convert float fields of a PointCloud2 to float64 (N, len(names)); rows that are not finite are left out.

    Args:
        message: The cloud.
        names: Names of the fields.
        max_points: Number of points above which nothing is converted.

    Raises:
        InputError: Such a field is missing, there is less data than the size says, or there are too many points.
    """
    if message.height * message.width > max_points:
        text = f"{message.height * message.width} points; max_points={max_points} are allowed"
        raise InputError("size", text)
    fields = {field.name: field for field in message.fields}
    if any(name not in fields or fields[name].datatype not in FIELD_TYPES for name in names):
        text = f"point cloud with fields {', '.join(fields) or 'none'}; needs float {', '.join(names)}"
        raise InputError("fields", text)
    if len(message.data) < message.row_step * message.height or message.row_step < message.point_step * message.width:
        text = f"{len(message.data)} bytes for {message.height} rows of {message.width} points"
        raise InputError("data", text)
    given = [fields[name] for name in names]
    formats = [np.dtype(FIELD_TYPES[one.datatype]).newbyteorder(">" if message.is_bigendian else "<") for one in given]
    offsets = [one.offset for one in given]
    if any(offset + kind.itemsize > message.point_step for offset, kind in zip(offsets, formats, strict=True)):
        text = f"fields at {offsets} bytes do not fit into points of {message.point_step} bytes"
        raise InputError("fields", text)
    point = np.dtype({"names": names, "formats": formats, "offsets": offsets, "itemsize": message.point_step})
    shape, strides = (message.height, message.width), (message.row_step, message.point_step)
    packed = np.ndarray(shape, point, message.data, strides=strides).ravel()
    points = structured_to_unstructured(packed, np.float64)
    return points[np.isfinite(points).all(axis=1)]


def array_to_point_cloud(
    depth: np.ndarray, bgr: np.ndarray, camera: Camera, header: Header, voxel_size: float | None = None
) -> PointCloud2:
    """Convert depth (H, W) [m], NaN where there is none, and BGR (H, W, 3) to points in the optical frame.

    Only pixels with depth become points, where the lens model has an inverse; rgb is packed into a float as usual.

    Args:
        depth: Depth of the image.
        bgr: The image.
        camera: Its camera.
        header: Its header.
        voxel_size: Side [m] of the cubes of which one point each is kept; None = a point for every pixel with depth.
    """
    row, column = np.nonzero(np.isfinite(depth))
    normalized = camera.normalize(np.column_stack([column, row]))
    points = np.column_stack([normalized, np.ones(len(row))]) * depth[row, column][:, None]
    known = np.isfinite(points).all(axis=1)
    points, row, column = points[known], row[known], column[known]
    if voxel_size is not None:
        kept = one_per_voxel(points, voxel_size)
        points, row, column = points[kept], row[kept], column[kept]
    blue, green, red = bgr[row, column].astype(np.uint32).T
    rgb = (red << 16 | green << 8 | blue).view(np.float32)
    return columns_to_cloud({"x": points[:, 0], "y": points[:, 1], "z": points[:, 2], "rgb": rgb}, header)

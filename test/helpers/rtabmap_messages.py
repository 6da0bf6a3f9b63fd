"""RTAB-Map's messages, made of their definitions where rtabmap_msgs is not installed, and read by RTAB-Map's rules."""

from __future__ import annotations

import struct
import zlib
from types import ModuleType
from typing import Any

import numpy as np
from rosbags.typesys import Stores, get_types_from_msg, get_typestore
from rosbags.typesys.store import Typestore

DEFINITIONS = {
    "Point2f": "float32 x\nfloat32 y\n",
    "Point3f": "float32 x\nfloat32 y\nfloat32 z\n",
    "KeyPoint": "Point2f pt\nfloat32 size\nfloat32 angle\nfloat32 response\nint32 octave\nint32 class_id\n",
    "GlobalDescriptor": "std_msgs/Header header\nint32 type\nuint8[] info\nuint8[] data\n",
    "RGBDImage": (
        "std_msgs/Header header\nsensor_msgs/CameraInfo rgb_camera_info\nsensor_msgs/CameraInfo depth_camera_info\n"
        "sensor_msgs/Image rgb\nsensor_msgs/Image depth\n"
        "sensor_msgs/CompressedImage rgb_compressed\nsensor_msgs/CompressedImage depth_compressed\n"
        "KeyPoint[] key_points\nPoint3f[] points\nuint8[] descriptors\nGlobalDescriptor global_descriptor\n"
    ),
}
NAME = "rtabmap_msgs/msg/RGBDImage"


def made_types() -> Typestore:
    """A type store that knows ROS 2's messages and those above."""
    types = get_typestore(Stores.LATEST)
    for name, definition in DEFINITIONS.items():
        types.register(get_types_from_msg(definition, f"rtabmap_msgs/msg/{name}"))
    return types


def made_module(types: Typestore) -> ModuleType:
    """The module rtabmap_msgs.msg with those classes."""
    module = ModuleType("rtabmap_msgs.msg")
    vars(module).update({name: types.types[f"rtabmap_msgs/msg/{name}"] for name in DEFINITIONS})
    return module


def rgbd_image(types: Typestore, stamp_ms: int = 100, size: tuple[int, int] = (48, 64)) -> Any:
    """What rgbd_sync sends of an image of (height, width), with data that is easy to recognize and no features."""
    known = types.types
    time = known["builtin_interfaces/msg/Time"](sec=stamp_ms // 1000, nanosec=stamp_ms % 1000 * 1_000_000)
    header = known["std_msgs/msg/Header"](stamp=time, frame_id="optical")
    empty = np.zeros(0, np.uint8)
    region = known["sensor_msgs/msg/RegionOfInterest"](x_offset=0, y_offset=0, height=0, width=0, do_rectify=False)
    info = known["sensor_msgs/msg/CameraInfo"](
        header=header, height=size[0], width=size[1], distortion_model="plumb_bob", d=np.zeros(5),
        k=np.arange(9.0), r=np.eye(3).ravel(), p=np.arange(12.0), binning_x=0, binning_y=0, roi=region,
    )  # fmt: skip
    image = known["sensor_msgs/msg/Image"]
    color = np.arange(3 * size[0] * size[1]).astype(np.uint8)
    depth = np.full(size, 1500, "<u2").view(np.uint8).ravel()
    shape = {"header": header, "height": size[0], "width": size[1], "is_bigendian": 0}
    nothing = known["sensor_msgs/msg/CompressedImage"](header=header, format="", data=empty)
    return known[NAME](
        header=header, rgb_camera_info=info, depth_camera_info=info,
        rgb=image(**shape, encoding="bgr8", step=3 * size[1], data=color),
        depth=image(**shape, encoding="16UC1", step=2 * size[1], data=depth),
        rgb_compressed=nothing, depth_compressed=nothing, key_points=[], points=[], descriptors=empty,
        global_descriptor=known["rtabmap_msgs/msg/GlobalDescriptor"](header=header, type=0, info=empty, data=empty),
    )  # fmt: skip


def uncompress_data(data: bytes) -> np.ndarray:
    """A matrix as RTAB-Map's uncompressData reads it: rows, columns and type are the last three int32."""
    if len(data) < 12:
        return np.zeros((0, 0), np.float32)
    rows, columns, kind = struct.unpack("=3i", data[-12:])
    depths = {0: np.uint8, 5: np.float32}
    # OpenCV: the lowest three bits are the depth, the next ones the number of channels less one.
    assert kind >> 3 == 0
    stream = zlib.decompressobj()
    values = np.frombuffer(stream.decompress(data), depths[kind & 7])
    assert (stream.eof, stream.unused_data) == (True, data[-12:])
    return values.reshape(rows, columns)

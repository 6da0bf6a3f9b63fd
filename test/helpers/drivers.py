"""Cameras and lidars as their ROS 2 drivers publish them: topics, encodings and QoS, at a small size."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from helpers.ros_probe import header, texture
from rclpy.qos import QoSProfile, qos_profile_sensor_data, qos_profile_system_default
from sensor_msgs.msg import CameraInfo, Image, PointCloud2, PointField

HEIGHT, WIDTH = SIZE = (96, 128)
MATRIX = [100.0, 0.0, 63.5, 0.0, 100.0, 47.5, 0.0, 0.0, 1.0]
CHANNELS = {"mono8": 1, "rgb8": 3, "bgr8": 3, "bgra8": 4, "yuv422_yuy2": 2}
DEPTH_M = 2.0


@dataclass(frozen=True)
class Driver:
    """What a driver publishes.

    Attributes:
        images: encoding of the images by topic.
        info: Topic of the CameraInfo; "" = there is none.
        qos: of all of it.
        depth: encoding of depth images, or "points", by topic.
    """

    images: dict[str, str]
    info: str
    qos: QoSProfile
    depth: dict[str, str] = field(default_factory=dict)

    def messages(self, milliseconds: int) -> dict[str, Any]:
        """Everything of one instant by topic, the calibration first."""
        stamp = header(milliseconds, "camera_optical_frame")
        info = {self.info: CameraInfo(header=stamp, height=HEIGHT, width=WIDTH, k=MATRIX, p=projection())}
        return {
            **(info if self.info else {}),
            **{topic: image(encoding, stamp) for topic, encoding in self.images.items()},
            **{topic: depth(encoding, stamp) for topic, encoding in self.depth.items()},
        }


def projection() -> list[float]:
    return np.column_stack([np.reshape(MATRIX, (3, 3)), np.zeros(3)]).ravel().tolist()


def image(encoding: str, stamp: Any) -> Image:
    channels = CHANNELS[encoding]
    pixels = np.repeat(texture(1, SIZE)[..., None], channels, axis=2)
    step, data = channels * WIDTH, array("B", pixels.tobytes())
    return Image(header=stamp, height=HEIGHT, width=WIDTH, encoding=encoding, step=step, data=data)


def depth(encoding: str, stamp: Any) -> Image | PointCloud2:
    """A wall; the left half of a depth image has the driver's word for "none"."""
    if encoding == "points":
        return velodyne_points(stamp)
    if encoding == "16UC1":
        pixels, hole = np.full(SIZE, 1000 * DEPTH_M, np.uint16), 0.0
    else:
        pixels, hole = np.full(SIZE, DEPTH_M, np.float32), np.inf
    pixels[:, : WIDTH // 2] = hole
    step, data = pixels.itemsize * WIDTH, array("B", pixels.tobytes())
    return Image(header=stamp, height=HEIGHT, width=WIDTH, encoding=encoding, step=step, data=data)


def velodyne_points(stamp: Any) -> PointCloud2:
    """A wall in front of the lidar, x forward; fields as velodyne_pointcloud has them, missing returns NaN."""
    names = [("x", "<f4"), ("y", "<f4"), ("z", "<f4"), ("intensity", "<f4"), ("ring", "<u2"), ("time", "<f4")]
    rows = np.zeros(400, names)
    y, z = np.meshgrid(np.linspace(-1, 1, 20), np.linspace(-0.7, 0.7, 20))
    rows["x"], rows["y"], rows["z"] = DEPTH_M, y.ravel(), z.ravel()
    rows["x"][::10] = np.nan
    kinds = {"<f4": PointField.FLOAT32, "<u2": PointField.UINT16}
    fields = [PointField(name=name, offset=rows.dtype.fields[name][1], datatype=kinds[kind], count=1)
              for name, kind in names]  # fmt: skip
    cloud = PointCloud2(header=header(stamp.stamp.sec * 1000 + stamp.stamp.nanosec // 1_000_000, "velodyne"))
    cloud.height, cloud.width, cloud.fields = 20, 20, fields
    cloud.point_step, cloud.row_step = rows.itemsize, 20 * rows.itemsize
    cloud.data = array("B", rows.tobytes())
    return cloud


# Example launch file, and what marks a second way in which the driver may be run -> what is published.
DRIVERS = {
    "realsense": Driver(
        {"/camera/camera/color/image_raw": "rgb8"},
        "/camera/camera/color/camera_info",
        qos_profile_system_default,
        {"/camera/camera/aligned_depth_to_color/image_raw": "16UC1"},
    ),
    "zed": Driver(
        {"/zed/zed_node/rgb/color/rect/image": "bgra8"},
        "/zed/zed_node/rgb/color/rect/camera_info",
        QoSProfile(depth=10),
        {"/zed/zed_node/depth/depth_registered": "32FC1"},
    ),
    "oakd": Driver(
        {"/oak/rgb/image_raw": "bgr8"}, "/oak/rgb/camera_info", QoSProfile(depth=10), {"/oak/stereo/image_raw": "16UC1"}
    ),
    "usb_cam": Driver({"/image_raw": "yuv422_yuy2"}, "/camera_info", QoSProfile(depth=100)),
    "gazebo": Driver(
        {"/camera/image": "rgb8"}, "/camera/camera_info", QoSProfile(depth=1), {"/camera/depth_image": "32FC1"}
    ),
    "gazebo with qos:=sensor_data": Driver(
        {"/camera/image": "rgb8"}, "/camera/camera_info", qos_profile_sensor_data, {"/camera/depth_image": "32FC1"}
    ),
    "lidar": Driver(
        {"/camera/image_raw": "rgb8"}, "/camera/camera_info", QoSProfile(depth=10), {"/velodyne_points": "points"}
    ),
    "bag": Driver({"/cam0/image_raw": "mono8", "/cam1/image_raw": "mono8"}, "", QoSProfile(depth=10)),
}

"""What the densify node publishes of one image's depth."""

from __future__ import annotations

import numpy as np
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image, PointCloud2
from std_msgs.msg import Header

from superpoint_ros.core.depth_drawing import color_depth, depth_range
from superpoint_ros.core.types import DenseDepth
from superpoint_ros.ros.densify.parameters import DensifyParameters
from superpoint_ros.ros.messages.depth import array_to_depth_image, array_to_point_cloud, scaled_camera_info
from superpoint_ros.ros.messages.images import array_to_image, camera_info_to_camera
from superpoint_ros.ros.runtime.qos import output_publisher


class DensifyOutputs:
    """Depth, confidence and CameraInfo; a point cloud and a picture while somebody subscribes to them.

    Args:
        node: owns the publishers.
        policy: decides their QoS.
    """

    def __init__(self, node: Node, policy: str):
        self._depth = output_publisher(node, Image, "depth", policy)
        self._confidence = output_publisher(node, Image, "confidence", policy)
        self._camera_info = output_publisher(node, CameraInfo, "camera_info", policy)
        self._points = output_publisher(node, PointCloud2, "points", policy)
        self._picture = output_publisher(node, Image, "picture", policy)

    def publish(
        self, bgr: np.ndarray, dense: DenseDepth, header: Header, camera: CameraInfo | None, config: DensifyParameters
    ) -> None:
        """Everything of one image, each with the image's header.

        Args:
            bgr: uint8 (H, W, 3), the image.
            dense: its depth; what is too near or too far is left out here.
            header: of the image.
            camera: its calibration, of any image size; without it neither CameraInfo nor points are published.
            config: limits and encoding.
        """
        depth = limited(dense, config)
        self._depth.publish(array_to_depth_image(depth, header, config.encoding))
        self._confidence.publish(array_to_depth_image(dense.confidence, header))
        if self._picture.get_subscription_count():
            self._picture.publish(array_to_image(color_depth(depth, *depth_range(depth)), header))
        if camera is None:
            return
        info = scaled_camera_info(camera, depth.shape, header)
        self._camera_info.publish(info)
        pinhole = camera_info_to_camera(info, config.rectified)
        if self._points.get_subscription_count() and pinhole is not None:
            self._points.publish(array_to_point_cloud(depth, bgr, pinhole, header))


def limited(dense: DenseDepth, config: DensifyParameters) -> np.ndarray:
    """The depth, float32 (H, W), with NaN where it is too near or too far."""
    with np.errstate(invalid="ignore"):
        left_out = dense.depth < config.min_depth
        if config.max_depth > 0.0:
            left_out |= dense.depth > config.max_depth
    return np.where(left_out, np.float32(np.nan), dense.depth)

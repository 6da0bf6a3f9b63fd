"""What the densify node publishes of one image's depth."""

from __future__ import annotations

from typing import Any

import numpy as np
from sensor_msgs.msg import CameraInfo, Image, PointCloud2
from std_msgs.msg import Header

from superpoint_ros.core.depth_drawing import color_depth, depth_range
from superpoint_ros.core.errors import CalibrationError
from superpoint_ros.core.types import DenseDepth
from superpoint_ros.ros.densify.parameters import DensifyParameters
from superpoint_ros.ros.messages.calibration import Calibration
from superpoint_ros.ros.messages.camera_info import with_header
from superpoint_ros.ros.messages.depth import array_to_depth_image, array_to_point_cloud
from superpoint_ros.ros.messages.errors import InputError
from superpoint_ros.ros.messages.images import array_to_image
from superpoint_ros.ros.runtime.pipeline import Pipeline


class DensifyOutputs:
    """Depth, confidence and CameraInfo; a point cloud and the depth in color while somebody subscribes to them.

    Args:
        node: Owns the publishers; warns of a calibration that cannot be used.
    """

    def __init__(self, node: Pipeline[Any, Any]):
        self._warnings = node.warnings
        types = {"depth": Image, "confidence": Image, "depth_color": Image}
        self._to = node.add_outputs(**types, camera_info=CameraInfo, points=PointCloud2)

    def publish(
        self,
        bgr: np.ndarray,
        dense: DenseDepth,
        header: Header,
        calibration: Calibration,
        parameters: DensifyParameters,
    ) -> None:
        """Publish everything of one image, each with the image's header.

        Args:
            bgr: uint8 (H, W, 3), the image.
            dense: Its depth; what is too near or too far is left out here.
            header: Header of the image.
            calibration: Calibration of the camera; before there is one neither CameraInfo nor points are published.
            parameters: Limits and encoding.
        """
        depth = limited(dense, parameters)
        self._to["depth"].publish(array_to_depth_image(depth, header, parameters.encoding))
        self._to["confidence"].publish(array_to_depth_image(dense.confidence, header))
        if self._to["depth_color"].get_subscription_count():
            self._to["depth_color"].publish(array_to_image(color_depth(depth, *depth_range(depth)), header))
        if calibration.message is None:
            return
        try:
            camera, info = calibration.of((depth.shape[0], depth.shape[1]))
        except (InputError, CalibrationError) as error:
            self._warnings.warn(calibration.topic, "calibration", f"{error}; no CameraInfo, no points")
            return
        self._to["camera_info"].publish(with_header(info, header))
        if self._to["points"].get_subscription_count():
            self._to["points"].publish(array_to_point_cloud(depth, bgr, camera, header, parameters.voxel_size))


def limited(dense: DenseDepth, parameters: DensifyParameters) -> np.ndarray:
    """Return the depth, float32 (H, W), with NaN where it is too near, too far or infinite."""
    with np.errstate(invalid="ignore"):
        left_out = (dense.depth < parameters.min_depth) | (dense.depth > (parameters.max_depth or np.inf))
        left_out |= np.isinf(dense.depth)
    return np.where(left_out, np.float32(np.nan), dense.depth)

"""A message of sparse depth -> clean sparse depth of its image's size; what is odd about it is said and counted."""

from __future__ import annotations

import numpy as np
from sensor_msgs.msg import CameraInfo, Image, PointCloud2

from superpoint_ros.core.geometry import transform
from superpoint_ros.core.sparse_depth import clean_sparse_depth, sparse_depth_from_cloud, unit_warning
from superpoint_ros.ros.conversions import ImageMessageError, camera_info_to_camera
from superpoint_ros.ros.densify_parameters import DensifyParameters
from superpoint_ros.ros.depth_conversions import depth_image_to_array, point_cloud_to_array, scaled_camera_info
from superpoint_ros.ros.logs import ThrottledWarnings
from superpoint_ros.ros.statistics import CameraStatistics


class SparseDepthReader:
    """Reads the messages of one topic.

    Args:
        config: of the node.
        statistics: of the sparse depth; dropped samples are counted there.
        warnings: where oddities are said.
    """

    def __init__(self, config: DensifyParameters, statistics: CameraStatistics, warnings: ThrottledWarnings):
        self._config, self._statistics, self._warnings = config, statistics, warnings

    def read(self, message: Image | PointCloud2, size: tuple[int, int], camera_info: CameraInfo | None) -> np.ndarray:
        """float32 (H, W), metres along the optical axis, NaN where there is no sample.

        Args:
            message: of the type that the parameter `source` names.
            size: (height, width) of the image that it belongs to.
            camera_info: of that image; None where it is not known.

        Raises:
            ImageMessageError: a message, size or calibration that cannot be used.
            CalibrationError: a distortion model that is not known.
        """
        if self._config.source == "point_cloud":
            return self._project(message, size, camera_info)
        sparse, dropped = clean_sparse_depth(depth_image_to_array(message))
        if sparse.shape != size:
            text = f"sparse depth of (height, width) {sparse.shape} for an image of {size}; they must be equal"
            raise ImageMessageError("size", text)
        if dropped:
            self._statistics.count("samples_dropped", dropped)
            self._warn("samples", f"{dropped} negative or infinite samples dropped")
        if np.isfinite(sparse).any() and (warning := unit_warning(float(np.nanmedian(sparse)))):
            self._warn("unit", warning)
        return sparse

    def _project(self, message: PointCloud2, size: tuple[int, int], camera_info: CameraInfo | None) -> np.ndarray:
        if camera_info is None:
            text = f"waiting for CameraInfo on {self._config.camera_info_topic}, without which points have no pixels"
            raise ImageMessageError("no CameraInfo", text)
        scaled = scaled_camera_info(camera_info, size, camera_info.header)
        camera = camera_info_to_camera(scaled, self._config.rectified)
        if camera is None:
            raise ImageMessageError("no CameraInfo", f"CameraInfo on {self._config.camera_info_topic} is uncalibrated")
        points = transform(point_cloud_to_array(message), self._config.T_camera_cloud)
        return sparse_depth_from_cloud(points, camera)

    def _warn(self, kind: str, text: str) -> None:
        self._warnings.warn(self._config.sparse_topic, kind, text)

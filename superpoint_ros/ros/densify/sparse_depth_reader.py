"""A message of sparse depth -> clean sparse depth of its image's size; what is odd about it is said and counted."""

from __future__ import annotations

import logging

import numpy as np
from sensor_msgs.msg import CameraInfo, Image, PointCloud2
from std_msgs.msg import Header

from superpoint_ros.core.camera import Camera
from superpoint_ros.core.geometry import transform
from superpoint_ros.core.sparse_depth import (
    clean_sparse_depth,
    resize_sparse_depth,
    sparse_depth_from_cloud,
    sparse_depth_from_points,
    unit_warning,
)
from superpoint_ros.ros.densify.cloud_pose import CloudPose
from superpoint_ros.ros.densify.parameters import DensifyParameters
from superpoint_ros.ros.messages.depth import depth_image_to_array, point_cloud_to_array, scaled_camera_info
from superpoint_ros.ros.messages.images import InputError, camera_info_to_camera
from superpoint_ros.ros.runtime.diagnostics import InputStatistics
from superpoint_ros.ros.runtime.logs import ThrottledWarnings

logger = logging.getLogger(__name__)


class SparseDepthReader:
    """Reads the messages of one topic.

    Args:
        config: of the node.
        pose: where clouds are.
        statistics: of the sparse depth; counts samples_dropped and resized.
        warnings: where oddities are said.
    """

    def __init__(
        self, config: DensifyParameters, pose: CloudPose, statistics: InputStatistics, warnings: ThrottledWarnings
    ):
        self._config, self._pose = config, pose
        self._statistics, self._warnings = statistics, warnings
        self._resized: set[tuple[int, int]] = set()

    def read(
        self, message: Image | PointCloud2, image: Header, size: tuple[int, int], camera_info: CameraInfo | None
    ) -> np.ndarray:
        """float32 (H, W), metres along the optical axis, NaN where there is no sample.

        Args:
            message: of the type that the parameter `source` names.
            image: header of the image that it belongs to.
            size: (height, width) of that image.
            camera_info: of that image; None where it is not known.

        Raises:
            InputError: a message, size, transform or calibration that cannot be used.
            CalibrationError: a distortion model that is not known.
        """
        if isinstance(message, Image):
            sparse = self._from_image(message, size)
        elif self._config.source == "feature_cloud":
            sparse = self._from_features(message, image, size)
        else:
            sparse = self._from_cloud(message, image, self._camera(size, camera_info))
        if np.isfinite(sparse).any() and (warning := unit_warning(float(np.nanmedian(sparse)))):
            self._warn("unit", warning)
        return sparse

    def _from_image(self, message: Image, size: tuple[int, int]) -> np.ndarray:
        sparse, dropped = clean_sparse_depth(depth_image_to_array(message))
        self._count_dropped(dropped, "negative or infinite samples")
        if sparse.shape == size:
            return sparse
        if not same_aspect(sparse.shape, size):
            text = (
                f"sparse depth of {_by(sparse.shape)} for an image of {_by(size)} (width x height); "
                "they must be of one size, or of one aspect ratio"
            )
            raise InputError("size", text)
        if sparse.shape not in self._resized:
            self._resized.add(sparse.shape)
            logger.info("samples of %s are moved to the image's %s", _by(sparse.shape), _by(size))
        self._statistics.count("resized")
        return resize_sparse_depth(sparse, size)

    def _from_cloud(self, message: PointCloud2, image: Header, camera: Camera) -> np.ndarray:
        points = transform(point_cloud_to_array(message), self._pose.find(message.header, image))
        sparse = sparse_depth_from_cloud(points, camera)
        self._check_view(sparse, len(points))
        return sparse

    def _from_features(self, message: PointCloud2, image: Header, size: tuple[int, int]) -> np.ndarray:
        columns = point_cloud_to_array(message, ("u", "v", "x", "y", "z"))
        depth = transform(columns[:, 2:], self._pose.find(message.header, image))[:, 2]
        self._count_dropped(int((depth < 0).sum()), "features behind the camera")
        sparse = sparse_depth_from_points(columns[:, :2], depth, size)
        self._check_view(sparse, len(columns))
        return sparse

    def _camera(self, size: tuple[int, int], camera_info: CameraInfo | None) -> Camera:
        if camera_info is None:
            text = f"waiting for CameraInfo on {self._config.camera_info_topic}, without which points have no pixels"
            raise InputError("no CameraInfo", text)
        camera = camera_info_to_camera(
            scaled_camera_info(camera_info, size, camera_info.header), self._config.rectified
        )
        if camera is None:
            raise InputError("no CameraInfo", f"CameraInfo on {self._config.camera_info_topic} is uncalibrated")
        return camera

    def _check_view(self, sparse: np.ndarray, points: int) -> None:
        if points and not np.isfinite(sparse).any():
            self._warn("view", f"none of {points} points is seen in the image; is the transform or calibration right?")

    def _count_dropped(self, number: int, what: str) -> None:
        if number:
            self._statistics.count("samples_dropped", number)
            self._warn("samples", f"{number} {what} dropped")

    def _warn(self, kind: str, text: str) -> None:
        self._warnings.warn(self._config.sparse_topic, kind, text)


def same_aspect(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether (height, width) scaled to the other's width has its height, to less than a pixel of the smaller."""
    small, large = sorted((one, other))
    return abs(large[0] * small[1] / large[1] - small[0]) < 1.0


def _by(size: tuple[int, ...]) -> str:
    return f"{size[1]}x{size[0]}"

"""A message of sparse depth -> clean sparse depth of its image's size; what is odd about it is said and counted."""

from __future__ import annotations

import logging

import numpy as np
from sensor_msgs.msg import Image, PointCloud2
from std_msgs.msg import Header

from superpoint_ros.core.camera import Camera
from superpoint_ros.core.geometry import transform
from superpoint_ros.core.image import same_aspect
from superpoint_ros.core.sparse_depth import (
    clean_sparse_depth,
    resize_sparse_depth,
    sparse_depth_from_cloud,
    sparse_depth_from_points,
    unit_warning,
)
from superpoint_ros.ros.densify.cloud_pose import CloudPose
from superpoint_ros.ros.densify.parameters import DensifyParameters, Source
from superpoint_ros.ros.messages.calibration import Calibration
from superpoint_ros.ros.messages.depth import depth_image_to_array, point_cloud_to_array
from superpoint_ros.ros.messages.errors import InputError
from superpoint_ros.ros.runtime.pipeline import Input
from superpoint_ros.ros.runtime.throttled_warnings import ThrottledWarnings

SPARSE_TYPES = {"depth_image": Image, "point_cloud": PointCloud2, "feature_cloud": PointCloud2}

MAX_SIZES_SAID = 8

logger = logging.getLogger(__name__)


class SparseDepthReader:
    """Read the messages of one topic.

    Args:
        source: Kind of the messages.
        pose: Where clouds are.
        sparse: The input; counts samples_dropped and resized.
        warnings: Log of what is unusual in a message.
    """

    def __init__(self, source: Source, pose: CloudPose, sparse: Input, warnings: ThrottledWarnings):
        self._source, self._pose = source, pose
        self._topic, self._statistics, self._warnings = sparse.topic, sparse.statistics, warnings
        self._resized: set[tuple[int, int]] = set()

    def read(
        self,
        message: Image | PointCloud2,
        image: Header,
        size: tuple[int, int],
        calibration: Calibration,
        parameters: DensifyParameters,
    ) -> np.ndarray:
        """Read one message as float32 (H, W), meters along the optical axis, NaN where there is no sample.

        Args:
            message: Message of the type that the source has.
            image: Header of the image that it belongs to.
            size: (height, width) of that image.
            calibration: Calibration of the camera, which points alone need.
            parameters: Limits of sizes.

        Raises:
            InputError: A message, size, transform or calibration that cannot be used.
            CalibrationError: A distortion model that is not known.
        """
        try:
            if isinstance(message, Image):
                sparse = self._from_image(message, size, parameters.limits.max_pixels)
            elif self._source == "feature_cloud":
                sparse = self._from_features(message, image, size, parameters.max_points)
            else:
                sparse = self._from_cloud(message, image, calibration.of(size)[0], parameters.max_points)
        except InputError as error:
            error.topic = self._topic
            raise
        if np.isfinite(sparse).any() and (warning := unit_warning(float(np.nanmedian(sparse)))):
            self._warn("unit", warning)
        return sparse

    def _from_image(self, message: Image, size: tuple[int, int], max_pixels: int) -> np.ndarray:
        sparse, dropped = clean_sparse_depth(depth_image_to_array(message, max_pixels=max_pixels))
        self._count_dropped(dropped, "negative or infinite samples")
        shape = (sparse.shape[0], sparse.shape[1])
        if shape == size:
            return sparse
        if not same_aspect(shape, size):
            text = (
                f"sparse depth of {_by(shape)} for an image of {_by(size)} (width x height); "
                "they must be of one size, or of one aspect ratio"
            )
            raise InputError("size", text)
        if shape not in self._resized and len(self._resized) < MAX_SIZES_SAID:
            self._resized.add(shape)
            logger.info("samples of %s are moved to the image's %s", _by(shape), _by(size))
        self._statistics.count("resized")
        return resize_sparse_depth(sparse, size)

    def _from_cloud(self, message: PointCloud2, image: Header, camera: Camera, max_points: int) -> np.ndarray:
        found = point_cloud_to_array(message, max_points=max_points)
        points = transform(found, self._pose.find(message.header, image))
        sparse = sparse_depth_from_cloud(points, camera)
        self._check_view(sparse, len(points))
        return sparse

    def _from_features(self, message: PointCloud2, image: Header, size: tuple[int, int], max_points: int) -> np.ndarray:
        columns = point_cloud_to_array(message, ("u", "v", "x", "y", "z"), max_points=max_points)
        depth = transform(columns[:, 2:], self._pose.find(message.header, image))[:, 2]
        self._count_dropped(int((depth < 0).sum()), "features behind the camera")
        sparse = sparse_depth_from_points(columns[:, :2], depth, size)
        self._check_view(sparse, len(columns))
        return sparse

    def _check_view(self, sparse: np.ndarray, points: int) -> None:
        if points and not np.isfinite(sparse).any():
            self._warn("view", f"none of {points} points is seen in the image; is the transform or calibration right?")

    def _count_dropped(self, number: int, what: str) -> None:
        if number:
            self._statistics.count("samples_dropped", number)
            self._warn("samples", f"{number} {what} dropped")

    def _warn(self, kind: str, text: str) -> None:
        self._warnings.warn(self._topic, kind, text)


def _by(size: tuple[int, ...]) -> str:
    return f"{size[1]}x{size[0]}"

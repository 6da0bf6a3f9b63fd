"""Dense depth: images and sparse depth in, dense depth with confidence out. A thin shell over Densifier."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from sensor_msgs.msg import CompressedImage, Image, PointCloud2

from superpoint_ros.core.options import flat_values
from superpoint_ros.core.stamps import nanoseconds
from superpoint_ros.inference.densifier import Densifier
from superpoint_ros.ros.densify.cloud_pose import cloud_pose
from superpoint_ros.ros.densify.outputs import DensifyOutputs
from superpoint_ros.ros.densify.parameters import SCHEMA, DensifyParameters
from superpoint_ros.ros.densify.rate_limit import RateLimit
from superpoint_ros.ros.densify.sparse_depth_reader import SPARSE_TYPES, SparseDepthReader
from superpoint_ros.ros.messages.calibration import Calibration
from superpoint_ros.ros.messages.errors import InputError
from superpoint_ros.ros.messages.image_decoding import message_to_array
from superpoint_ros.ros.messages.images import IMAGE_TYPES
from superpoint_ros.ros.runtime.image_topics import camera_topics
from superpoint_ros.ros.runtime.pair_pipeline import PairPipeline
from superpoint_ros.ros.runtime.pipeline import WARM_UP_SIZE

ImageMessage: TypeAlias = Image | CompressedImage
SparseMessage: TypeAlias = Image | PointCloud2


class Densify(PairPipeline[DensifyParameters, ImageMessage, SparseMessage]):
    """Pair images with sparse depth by stamp; make the depth of each pair dense."""

    schema, noun = SCHEMA, "image"

    def set_up(self) -> str:
        """Load the network, make inputs and outputs."""
        parameters = self.parameters
        self._densifier = Densifier(**flat_values(parameters.network), options=parameters.densifier_options)
        self._rate_limit = RateLimit()
        names = camera_topics(
            self, "camera", parameters.transport, parameters.image_topic, parameters.camera_info_topic
        )
        self._calibration = Calibration(self.resolve_topic(names.camera_info), rectified=parameters.rectified)
        is_needed = parameters.source == "point_cloud"
        info = self.add_camera_info(names.camera_info, self._calibration.set, needed=is_needed)
        self._outputs = DensifyOutputs(self)
        image = ("image", names.image, IMAGE_TYPES[parameters.transport], info)
        sparse = ("sparse depth", parameters.sparse_topic, SPARSE_TYPES[parameters.source], None)
        topics = self.pair_topics(image, sparse, parameters.pairing)
        pose = cloud_pose(self, parameters.T_camera_cloud, is_cloud=parameters.source != "depth_image")
        self._reader = SparseDepthReader(parameters.source, pose, self.inputs[1].source, self.warnings)
        return f"densifier on {self._densifier.device}, {parameters.policy} of {topics}"

    def is_wanted(self, image: ImageMessage, sparse: SparseMessage) -> bool:
        """Tell whether max_rate lets this image through."""
        passes = self._rate_limit.passes(nanoseconds(image.header.stamp), self.wanted.max_rate)
        self.pairs.statistics.count("rate_limited", int(not passes))
        return passes

    def warm_up(self) -> None:
        """Run the network once."""
        image, sparse = np.zeros((*WARM_UP_SIZE, 3), np.uint8), np.ones(WARM_UP_SIZE, np.float32)
        self._densifier.densify(image, sparse)

    def apply(self, parameters: DensifyParameters) -> None:
        """Take changed parameters."""
        self._densifier.options = parameters.densifier_options

    def process_pair(self, image: ImageMessage, message: SparseMessage) -> None:
        """Make depth dense and publish it."""
        statistics = self.pairs.statistics
        with statistics.timed("convert"):
            bgr = message_to_array(image, "bgr8", max_pixels=self.parameters.limits.max_pixels)
            size = (bgr.shape[0], bgr.shape[1])
            sparse = self._reader.read(message, image.header, size, self._calibration, self.parameters)
        if not np.isfinite(sparse).any() and self.parameters.on_empty_input == "skip":
            raise InputError("no samples", "the sparse depth holds no sample that can be used")
        with statistics.timed("network"):
            dense = self._densifier.densify(bgr, sparse, color="bgr")
        with statistics.timed("publish"):
            self._outputs.publish(bgr, dense, image.header, self._calibration, self.parameters)
        statistics.note(samples=int(np.isfinite(sparse).sum()))
        statistics.finish(nanoseconds(image.header.stamp))

    def facts(self) -> dict[str, str]:
        """Return what network runs where."""
        densifier = self._densifier
        return {"device": densifier.device, "model": densifier.name, "weights_sha256": densifier.weights_sha256}

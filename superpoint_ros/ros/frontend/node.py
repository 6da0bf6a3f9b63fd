"""The frontend node: camera images in, features and tracks out. A thin shell over Extractor and Tracker."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import TypeAlias

import numpy as np
from diagnostic_msgs.msg import DiagnosticStatus
from sensor_msgs.msg import CompressedImage, Image

from superpoint_ros.core.options import flat_values
from superpoint_ros.core.types import Features
from superpoint_ros.inference.extractor import Extractor
from superpoint_ros.ros.frontend.camera_channel import CameraChannel
from superpoint_ros.ros.frontend.parameters import SCHEMA, FrontendParameters
from superpoint_ros.ros.runtime.spinning import run_node
from superpoint_ros.ros.runtime.worker_node import Stream, WorkerNode

ImageMessage: TypeAlias = Image | CompressedImage
Converted: TypeAlias = tuple[CameraChannel, ImageMessage, np.ndarray]


class FrontendNode(WorkerNode[FrontendParameters, ImageMessage]):
    """Takes what is ready from all cameras as one batch; extracts, tracks and publishes."""

    schema = SCHEMA

    def set_up(self) -> str:
        """Load the network, make the cameras."""
        parameters = self.parameters
        self._extractor = Extractor(**flat_values(parameters.network), options=parameters.decoding)
        model = (self._extractor.name, self._extractor.weights_sha256)
        self._channels = {name: CameraChannel(self, name, model) for name in parameters.cameras}
        topics = ", ".join(channel.stream.topic for channel in self._channels.values())
        return f"{self._extractor.name} on {self._extractor.device}, {parameters.policy} of {topics}"

    def apply(self, parameters: FrontendParameters) -> None:
        """Take changed parameters; tracks live on."""
        self._extractor.options = parameters.decoding
        for channel in self._channels.values():
            channel.set_tracker_options(parameters.tracker)

    def process(self, batch: list[tuple[Stream, ImageMessage]]) -> None:
        """Convert, extract, track and publish; images of one size go through a GPU together."""
        groups: dict[object, list[Converted]] = {}
        for stream, message in batch:
            with self.skip_on_error(stream):
                channel = self._channels[stream.name]
                image = channel.convert(message)
                groups.setdefault(image.shape if self._batches_pay else stream.name, []).append(
                    (channel, message, image)
                )
        for group in groups.values():
            self._finish(group)

    @property
    def _batches_pay(self) -> bool:
        return self._extractor.device.startswith("cuda")

    def _finish(self, group: list[Converted]) -> None:
        if len(group) > 1:
            try:
                features = self._extract(group)
            except Exception as error:
                text = f"batch of {len(group)} images failed ({type(error).__name__}: {error}); run one by one"
                self.warnings.warn(self.get_name(), "batch", text)
            else:
                for (channel, message, _), found in zip(group, features, strict=True):
                    with self.skip_on_error(channel.stream):
                        channel.finish(message, found)
                return
        # One by one no camera pays for another one's image.
        for channel, message, image in group:
            with self.skip_on_error(channel.stream):
                channel.finish(message, self._extract([(channel, message, image)])[0])

    def _extract(self, converted: list[Converted]) -> list[Features]:
        start = time.perf_counter()
        features = self._extractor.extract([image for _, _, image in converted])
        for channel, _, _ in converted:
            channel.stream.statistics.add_time("network", time.perf_counter() - start)
        return features

    def statuses(self) -> Sequence[DiagnosticStatus]:
        """Return a line for each camera."""
        return [channel.status({"device": self._extractor.device}) for channel in self._channels.values()]


main = partial(run_node, FrontendNode, SCHEMA.node)

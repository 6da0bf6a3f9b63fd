"""The frontend: camera images in, features and tracks out. A thin shell over Extractor and Tracker."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TypeAlias

import numpy as np
from diagnostic_msgs.msg import DiagnosticStatus
from sensor_msgs.msg import CompressedImage, Image

from superpoint_ros.core.options import flat_values
from superpoint_ros.inference.extractor import Extractor
from superpoint_ros.ros.frontend.camera_channel import CameraChannel
from superpoint_ros.ros.frontend.network_runner import NetworkJob, NetworkRunner
from superpoint_ros.ros.frontend.parameters import SCHEMA, FrontendParameters
from superpoint_ros.ros.runtime.pipeline import WARM_UP_SIZE, Pipeline, Stream

ImageMessage: TypeAlias = Image | CompressedImage


class Frontend(Pipeline[FrontendParameters, ImageMessage]):
    """Take what is ready from all cameras; extract, track and publish."""

    schema = SCHEMA

    def set_up(self) -> str:
        """Load the network, make the cameras."""
        parameters = self.parameters
        self._extractor = Extractor(**flat_values(parameters.network), options=parameters.decoding)
        self._network = NetworkRunner(self, self._extractor)
        self._in_background = parameters.policy == "latest" and parameters.tracker.tracker != "descriptor"
        if self._in_background:
            self._network.start_in_background()
        elif not self._network.batches_pay:
            self.process_alone()
        model = (self._extractor.name, self._extractor.weights_sha256)
        self._channels = {name: CameraChannel(self, name, model) for name in parameters.cameras}
        topics = ", ".join(channel.stream.topic for channel in self._channels.values())
        return f"{self._extractor.name} on {self._extractor.device}, {parameters.policy} of {topics}"

    def warm_up(self) -> None:
        """Run the network once."""
        self._extractor.extract(np.zeros(WARM_UP_SIZE, np.uint8))

    def apply(self, parameters: FrontendParameters) -> None:
        """Take changed parameters; tracks live on."""
        self._extractor.options = parameters.decoding
        for channel in self._channels.values():
            channel.set_tracker_options(parameters.tracker)

    def process(self, batch: list[tuple[Stream, ImageMessage]]) -> None:
        """Convert, extract, track and publish; or track at once, where the network follows in a thread of its own."""
        jobs: list[NetworkJob] = []
        for stream, message in batch:
            with self.skip_on_error(stream):
                channel = self._channels[stream.name]
                image = channel.convert(message)
                if self._in_background:
                    channel.finish(message, image)
                    if (job := channel.late_job(message, image)) is not None:
                        self._network.offer(job)
                elif channel.is_seen():
                    jobs.append(NetworkJob(stream, image, partial(channel.finish, message, image)))
                else:
                    channel.finish(message, image)
        self._network.run(jobs)

    def statuses(self) -> Sequence[DiagnosticStatus]:
        """Return a line for each camera."""
        return [channel.status({"device": self._extractor.device}) for channel in self._channels.values()]

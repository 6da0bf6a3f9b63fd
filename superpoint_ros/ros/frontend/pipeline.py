"""The frontend: camera images in, features and tracks out. A thin shell over Extractor and Tracker."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import count
from operator import attrgetter
from pathlib import Path

import numpy as np
from diagnostic_msgs.msg import DiagnosticStatus

from superpoint_ros.core.options import flat_values
from superpoint_ros.inference.extractor import Extractor
from superpoint_ros.ros.frontend.camera_channel import CameraChannel
from superpoint_ros.ros.frontend.camera_mask import Arrival
from superpoint_ros.ros.frontend.camera_set_report import CameraSetReport
from superpoint_ros.ros.frontend.network_runner import NetworkJob, NetworkRunner
from superpoint_ros.ros.frontend.parameters import SCHEMA, FrontendParameters
from superpoint_ros.ros.frontend.snapshot import save_snapshot
from superpoint_ros.ros.runtime.pipeline import WARM_UP_SIZE, Pipeline, Stream
from superpoint_ros.ros.runtime.scheduling import FrameQueue, OnDrop
from superpoint_ros.ros.runtime.set_queue import SetQueue


class Frontend(Pipeline[FrontendParameters, Arrival]):
    """Take what is ready from all cameras, or sets of what they took at one moment; extract, track and publish."""

    schema = SCHEMA

    def make_queue(self, on_drop: OnDrop) -> FrameQueue[Arrival]:
        """Make the queue of images, one by one or in sets."""
        parameters = self.parameters
        self._set_report: CameraSetReport | None = None
        if not parameters.sync.is_on:
            return super().make_queue(on_drop)
        queue: SetQueue[Arrival] = SetQueue(
            list(parameters.cameras), parameters.sync, parameters.policy, attrgetter("stamp"), on_drop
        )
        self._set_report = CameraSetReport(self, queue.statistics)
        self._set_numbers = count()
        return queue

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
        self.add_command("reset_tracks", self.reset_tracks)
        self.add_command("save_snapshot", self.save_snapshot)
        topics = ", ".join(channel.stream.topic for channel in self._channels.values())
        return f"{self._extractor.name} on {self._extractor.device}, {parameters.policy} of {topics}"

    def warm_up(self) -> None:
        """Run the network once."""
        self._extractor.extract(np.zeros(WARM_UP_SIZE, np.uint8))

    def rest(self) -> None:
        """Drop the images that are held back."""
        for channel in self._channels.values():
            channel.rest()

    def reset_tracks(self) -> str:
        """Have the next image of every camera begin a new epoch of tracks."""
        for channel in self._channels.values():
            channel.reset_tracks()
        return f"tracks reset: {', '.join(self._channels)}"

    def save_snapshot(self) -> str:
        """Write every camera's newest image and what was found in it.

        Raises:
            SnapshotError: There is nothing to write, or it cannot be written.
        """
        seen = {name: one for name, channel in self._channels.items() if (one := channel.seen) is not None}
        folder = Path(self.wanted.snapshot_folder)
        return f"snapshot saved: {save_snapshot(folder, self.get_name(), seen, self.facts())}"

    def apply(self, parameters: FrontendParameters) -> None:
        """Take changed parameters; tracks live on."""
        self._extractor.options = parameters.decoding
        for channel in self._channels.values():
            channel.set_tracker_options(parameters.tracker)

    def process(self, batch: list[tuple[Stream, Arrival]]) -> None:
        """Convert, extract, track and publish; or track at once, where the network follows in a thread of its own."""
        jobs: list[NetworkJob] = []
        set_number = None if self._set_report is None else next(self._set_numbers)
        for stream, arrival in batch:
            with self.skip_on_error(stream):
                channel = self._channels[stream.name]
                image = channel.convert(arrival.message)
                if self._in_background:
                    channel.finish(arrival, image)
                    if channel.is_seen(set_number):
                        jobs += channel.late_jobs(arrival.message, image)
                elif channel.is_seen(set_number):
                    jobs.append(NetworkJob(stream, image, partial(channel.finish, arrival, image)))
                else:
                    channel.finish(arrival, image)
        if not self._in_background:
            self._network.run(jobs)
        elif set_number is not None and jobs:
            self._network.offer("set", jobs)
        else:
            for job in jobs:
                self._network.offer(job.stream.name, [job])

    def statuses(self) -> Sequence[DiagnosticStatus]:
        """Return a line for each camera, and one for their sets."""
        lines = [channel.status() for channel in self._channels.values()]
        return lines if self._set_report is None else [*lines, self._set_report.status()]

    def facts(self) -> dict[str, str]:
        """Return what network runs where."""
        extractor = self._extractor
        return {"device": extractor.device, "model": extractor.name, "weights_sha256": extractor.weights_sha256}

"""Tracks in, the features of VINS-Mono or VINS-Fusion out, and a restart where the frontend has reset its tracks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticStatus
from sensor_msgs.msg import PointCloud
from std_msgs.msg import Bool, Header

from superpoint_ros.core.stamps import nanoseconds
from superpoint_ros.msg import Tracks
from superpoint_ros.ros.bridges import vins_fusion, vins_mono
from superpoint_ros.ros.bridges.normalized_tracks import NormalizedTracks, message_to_normalized_tracks
from superpoint_ros.ros.bridges.parameters import SCHEMA, BridgeParameters
from superpoint_ros.ros.runtime.diagnostics import diagnostic_status
from superpoint_ros.ros.runtime.pipeline import Pipeline, Stream


@dataclass(frozen=True)
class Estimator:
    """Hold what an estimator listens to.

    Attributes:
        features_topic: Topic of the features.
        restart_topic: Topic of a Bool that restarts it.
        encode: Makes its features of tracks.
    """

    features_topic: str
    restart_topic: str
    encode: Callable[[NormalizedTracks, Header], PointCloud]


ESTIMATORS = {
    "vins_fusion": Estimator(vins_fusion.FEATURES_TOPIC, vins_fusion.RESTART_TOPIC, vins_fusion.encode),
    "vins_mono": Estimator(vins_mono.FEATURES_TOPIC, vins_mono.RESTART_TOPIC, vins_mono.encode),
}


class VinsBridge(Pipeline[BridgeParameters, tuple[int, Tracks]]):
    """Translate every message of tracks by itself; what is remembered is how often the tracks have been reset."""

    schema = SCHEMA

    def set_up(self) -> str:
        """Make input and outputs."""
        parameters = self.parameters
        self._estimator = ESTIMATORS[parameters.consumer]
        self._epoch: int | None = None
        self._resets = self._restarts = 0
        self._features = self.add_output(PointCloud, self._estimator.features_topic)
        self._restart = self.add_output(Bool, self._estimator.restart_topic)
        self._input = self.add_input(parameters.tracks_topic, Tracks, self._receive)
        self._stream = self.add_stream(Stream("tracks", self._input.topic, "message", self._input.statistics))
        return f"{parameters.consumer}, {parameters.policy} of {self._input.topic}"

    def _receive(self, message: Tracks) -> None:
        """Queue a message with the number of resets up to it, which holds even where messages before it are dropped."""
        stamp = nanoseconds(message.header.stamp)
        self._stream.statistics.add_stamp(stamp)
        self._stream.statistics.begin(stamp)
        # A frontend that is started anew begins at epoch 0 again.
        is_first = message.previous_stamp == Time()
        if self._epoch is not None and (is_first or message.epoch != self._epoch):
            self._resets += 1
            self._stream.statistics.count("resets")
        self._epoch = message.epoch
        self.enqueue(self._stream, (self._resets, message))

    def process(self, batch: list[tuple[Stream, tuple[int, Tracks]]]) -> None:
        """Translate and publish the messages of a batch one by one."""
        for stream, (resets, message) in batch:
            with self.skip_on_error(stream):
                self._restart_after(resets, message)
                self._translate(message)

    def _restart_after(self, resets: int, message: Tracks) -> None:
        """Restart the estimator where the ids of its features no longer mean what they did."""
        if resets > self._restarts:
            self._restarts = resets
            self._restart.publish(Bool(data=True))
            text = f"tracks reset (epoch {message.epoch}); {self.parameters.consumer} restarted"
            self.warnings.warn(self._stream.topic, "reset", text)

    def _translate(self, message: Tracks) -> None:
        statistics = self._stream.statistics
        with statistics.timed("convert"):
            seen = message_to_normalized_tracks(message)
            self._count_left_out(seen.is_known)
            cloud = self._estimator.encode(seen, message.header)
        with statistics.timed("publish"):
            self._features.publish(cloud)
        statistics.note(tracks=len(cloud.points))
        statistics.finish(nanoseconds(message.header.stamp))

    def _count_left_out(self, is_known: np.ndarray) -> None:
        left_out = int(np.count_nonzero(~is_known))
        self._stream.statistics.count("left_out", left_out)
        if left_out:
            text = f"{left_out} of {len(is_known)} tracks left out: no finite normalized coordinates"
            self.warnings.warn(self._stream.topic, "left out", text)

    def statuses(self) -> Sequence[DiagnosticStatus]:
        """Return the line of the tracks; received = processed + dropped + skipped + waiting."""
        values = self._stream.report()
        problems = [*self._input.check(), *filter(None, [self._stream.statistics.problem()])]
        return [diagnostic_status(self._stream.name, problems, values)]

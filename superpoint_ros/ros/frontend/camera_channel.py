"""One camera's side of the frontend: its input and output topics, its tracker, its calibration, what it counts."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

import numpy as np
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticStatus
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header

from superpoint_ros.core.camera import Camera
from superpoint_ros.core.errors import CalibrationError
from superpoint_ros.core.track_motion import TrackMotion
from superpoint_ros.core.tracker import Tracker, TrackerOptions
from superpoint_ros.core.types import Features, Tracks
from superpoint_ros.msg import Features as FeaturesMessage
from superpoint_ros.msg import Tracks as TracksMessage
from superpoint_ros.ros.frontend.overlay import Overlay
from superpoint_ros.ros.messages.calibration import Calibration
from superpoint_ros.ros.messages.errors import InputError
from superpoint_ros.ros.messages.features import features_to_message, tracks_to_message
from superpoint_ros.ros.messages.image_decoding import message_to_array
from superpoint_ros.ros.messages.images import IMAGE_TYPES
from superpoint_ros.ros.messages.stamps import SECOND, nanoseconds
from superpoint_ros.ros.runtime.diagnostics import diagnostic_status
from superpoint_ros.ros.runtime.image_topics import camera_info_topic, image_topic
from superpoint_ros.ros.runtime.qos import output_publisher
from superpoint_ros.ros.runtime.worker_node import Stream

if TYPE_CHECKING:
    from superpoint_ros.ros.frontend.node import FrontendNode

# Images that wait for a calibration, at most.
MAX_HELD_BACK = {"latest": 1, "every_frame": 100}


class CameraChannel:
    """What the node does for one camera, before and after the network.

    Args:
        node: Owns subscriptions and publishers.
        name: Name of the camera in the node's parameters.
        model: Name and SHA-256 of the weights, for every Features message.

    Attributes:
        stream: The images that are processed.
    """

    def __init__(self, node: FrontendNode, name: str, model: tuple[str, str]):
        self._node, self._name, self._model = node, name, model
        self._parameters, policy = node.parameters.cameras[name], node.parameters.policy
        topic = image_topic(node, self._parameters.topic, name, self._parameters.transport)
        self._held_back: deque[Any] = deque()
        self._limit = MAX_HELD_BACK[policy]
        self._tracker = Tracker(node.parameters.tracker)
        self._motion = TrackMotion()
        self._stamp: Time | None = None
        self._features = output_publisher(node, FeaturesMessage, f"{name}/features", policy)
        self._tracks = output_publisher(node, TracksMessage, f"{name}/tracks", policy)
        self._overlay = Overlay(node, name, policy) if node.parameters.overlay else None
        info_topic = camera_info_topic(node, self._parameters.camera_info_topic, topic)
        self._calibration = Calibration(info_topic, rectified=self._parameters.rectified)
        self._info_input = node.add_camera_info(
            info_topic, self._set_camera_info, needed=self._parameters.wait_for_camera_info
        )
        self._input = node.add_input(
            topic, IMAGE_TYPES[self._parameters.transport], self._receive, companion=self._info_input
        )
        stream = Stream(name, self._input.topic, "image", self._input.statistics, self._describe_held_back)
        self.stream = node.add_stream(stream)

    def _receive(self, message: Image | CompressedImage) -> None:
        if not self._parameters.wait_for_camera_info or self._is_calibrated():
            self._node.enqueue(self.stream, message)
            return
        self._held_back.append(message)
        if len(self._held_back) > self._limit:
            self._held_back.popleft()
            self.stream.statistics.count("dropped")

    def _set_camera_info(self, message: CameraInfo) -> None:
        """Take effect with the next image."""
        self._calibration.set(message)
        while self._held_back and self._is_calibrated():
            self._node.enqueue(self.stream, self._held_back.popleft())

    def _is_calibrated(self) -> bool:
        try:
            return self._calibration.is_known
        except CalibrationError:
            return True

    def set_tracker_options(self, options: TrackerOptions) -> None:
        """Take effect with the next image; tracks live on."""
        self._tracker.options = options

    def convert(self, message: Image | CompressedImage) -> np.ndarray:
        """Return the image as the network wants it, uint8 (H, W).

        Raises:
            InputError: It cannot be had.
        """
        with self.stream.statistics.timed("convert"):
            return message_to_array(message, "mono8", max_pixels=self._node.parameters.max_pixels)

    def finish(self, message: Image | CompressedImage, features: Features) -> None:
        """Track an image's features and publish everything that somebody wants."""
        statistics = self.stream.statistics
        with statistics.timed("track"):
            previous_stamp = self._advance(message.header.stamp)
            tracks = self._tracker.update(features)
        with statistics.timed("publish"):
            self._publish(message.header, previous_stamp, features, tracks)
        if self._overlay is not None:
            self._overlay.publish(message, tracks, statistics)
        statistics.count("processed")

    def _advance(self, stamp: Time) -> Time:
        """Remember the stamp; start a new epoch where time went backward. Returns the previous image's stamp."""
        previous, self._stamp = self._stamp, stamp
        if previous is None:
            return Time()
        if nanoseconds(stamp) < nanoseconds(previous):
            self.stream.statistics.count("resets")
            back = (nanoseconds(previous) - nanoseconds(stamp)) / SECOND
            self._node.warnings.warn(self.stream.topic, "stamp", f"timestamp jumped back {back:.6f} s; tracks reset")
            self._tracker.reset()
            return Time()
        return previous

    def _publish(self, header: Header, previous_stamp: Time, features: Features, tracks: Tracks) -> None:
        motion = self._motion.update(tracks, nanoseconds(header.stamp), self._camera_of(features.image_size))
        normalized, velocity = motion or (None, None)
        self._tracks.publish(tracks_to_message(tracks, header, self._name, previous_stamp, normalized, velocity))
        if self._features.get_subscription_count():
            message = features_to_message(features, header, self._name, tracks.id)
            message.rectified = self._parameters.rectified
            message.model, message.weights_sha256 = self._model
            self._features.publish(message)

    def _camera_of(self, image_size: tuple[int, int]) -> Camera | None:
        """Return the camera of images of this size; None where it is not known."""
        if self._calibration.message is None:
            return None
        try:
            return self._calibration.of(image_size)[0]
        except (InputError, CalibrationError) as error:
            self._node.warnings.warn(self._calibration.topic, "calibration", f"{error}; not used")
            return None

    def _describe_held_back(self) -> str:
        held_back = len(self._held_back)
        return (
            f"{held_back} of {self.stream.topic} wait for CameraInfo on {self._calibration.topic}" if held_back else ""
        )

    def status(self, facts: dict[str, str]) -> DiagnosticStatus:
        """Return the camera's line of the report; received = processed + dropped + skipped + waiting."""
        problems = [self._input.check(), self._info_input.check()]
        if self._held_back and self._calibration.message is not None:
            problems.append(f"CameraInfo on {self._calibration.topic} is uncalibrated; images wait for another one")
        values = self.stream.statistics.values(waiting_of="received")
        values |= {"waiting_for_camera_info": str(len(self._held_back))} | facts
        name = f"{self._node.get_name()}: {self._name}"
        return diagnostic_status(name, self.stream.topic, "; ".join(filter(None, problems)), values)

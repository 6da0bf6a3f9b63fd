"""One camera's side of the frontend: its input and output topics, its tracker, its calibration, what it counts."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticStatus
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header

from superpoint_ros.core.camera import Camera
from superpoint_ros.core.errors import CalibrationError
from superpoint_ros.core.image_tracker import make_tracker
from superpoint_ros.core.keyframes import Keyframe
from superpoint_ros.core.mask import without_masked
from superpoint_ros.core.stamps import nanoseconds
from superpoint_ros.core.track_motion import TrackMotion
from superpoint_ros.core.tracker_options import TrackerOptions
from superpoint_ros.core.types import Features, Tracks
from superpoint_ros.msg import Features as FeaturesMessage
from superpoint_ros.msg import Tracks as TracksMessage
from superpoint_ros.ros.frontend.camera_mask import Arrival, CameraMask
from superpoint_ros.ros.frontend.continuity import Continuity
from superpoint_ros.ros.frontend.network_runner import NetworkJob
from superpoint_ros.ros.frontend.overlay import Overlay
from superpoint_ros.ros.frontend.snapshot import Seen
from superpoint_ros.ros.messages.calibration import Calibration
from superpoint_ros.ros.messages.errors import InputError
from superpoint_ros.ros.messages.features import features_to_message, tracks_to_message
from superpoint_ros.ros.messages.image_decoding import message_to_array
from superpoint_ros.ros.messages.images import IMAGE_TYPES
from superpoint_ros.ros.runtime.diagnostics import Problem, diagnostic_status
from superpoint_ros.ros.runtime.image_topics import camera_topics
from superpoint_ros.ros.runtime.pipeline import Stream
from superpoint_ros.ros.runtime.scheduling import INACTIVE

if TYPE_CHECKING:
    from superpoint_ros.ros.frontend.pipeline import Frontend

# Images that wait for a calibration, at most.
MAX_HELD_BACK = {"latest": 1, "every_frame": 100}


class CameraChannel:
    """Do what the node does for one camera, before and after the network.

    Args:
        node: Owns subscriptions and publishers.
        name: Name of the camera in the node's parameters.
        model: Name and SHA-256 of the weights, for every Features message.

    Attributes:
        stream: The images that are processed.
        seen: The newest image and what was found in it; None before the first.
    """

    def __init__(self, node: Frontend, name: str, model: tuple[str, str]):
        self._node, self._name, self._model = node, name, model
        self._parameters, policy = node.parameters.cameras[name], node.parameters.policy
        names = camera_topics(
            node, name, self._parameters.transport, self._parameters.topic, self._parameters.camera_info_topic
        )
        self._held_back: deque[Arrival] = deque()
        self._limit = MAX_HELD_BACK[policy]
        self._tracker = make_tracker(node.parameters.tracker)
        # Of the tracker: features come in another thread where the network runs in one.
        self._lock = threading.Lock()
        self._number = 0
        self._newest_mask: np.ndarray | None = None
        self.seen: Seen | None = None
        self._motion = TrackMotion()
        self._continuity = Continuity(node)
        self._features = node.add_output(FeaturesMessage, f"{name}/features")
        self._tracks = node.add_output(TracksMessage, f"{name}/tracks")
        self._overlay = Overlay(node, name) if node.parameters.overlay else None
        self._calibration = Calibration(node.resolve_topic(names.camera_info), rectified=self._parameters.rectified)
        self._info_input = node.add_camera_info(
            names.camera_info, self._set_camera_info, needed=self._parameters.wait_for_camera_info
        )
        self._input = node.add_input(
            names.image, IMAGE_TYPES[self._parameters.transport], self._receive, companion=self._info_input
        )
        self._mask = CameraMask(node, self._parameters.region, self._parameters.mask_topic)
        stream = Stream(name, self._input.topic, "image", self._input.statistics, self._describe_held_back)
        self.stream = node.add_stream(stream)

    def _receive(self, message: Image | CompressedImage) -> None:
        stamp = nanoseconds(message.header.stamp)
        self.stream.statistics.add_stamp(stamp)
        self.stream.statistics.begin(stamp)
        if not self._parameters.wait_for_camera_info or self._is_calibrated():
            self._node.enqueue(self.stream, self._mask.arrive(message))
            return
        self._held_back.append(self._mask.arrive(message))
        if len(self._held_back) > self._limit:
            self._held_back.popleft()
            self.stream.statistics.drop("no CameraInfo")

    def _set_camera_info(self, message: CameraInfo) -> None:
        """Take effect with the next image."""
        self._calibration.set(message)
        while self._held_back and self._is_calibrated():
            self._node.enqueue(self.stream, self._held_back.popleft())

    def rest(self) -> None:
        """Drop the images that wait for a calibration."""
        for _ in self._held_back:
            self.stream.statistics.drop(INACTIVE)
        self._held_back.clear()

    def _is_calibrated(self) -> bool:
        try:
            return self._calibration.is_known
        except CalibrationError:
            return True

    def set_tracker_options(self, options: TrackerOptions) -> None:
        """Take effect with the next image; tracks live on."""
        with self._lock:
            self._tracker.options = options

    def reset_tracks(self) -> None:
        """Have the next image begin a new epoch of tracks."""
        with self._lock:
            self._continuity.restart(self.stream, self._tracker)

    def convert(self, message: Image | CompressedImage) -> np.ndarray:
        """Return the image as the network wants it, uint8 (H, W).

        Raises:
            InputError: It cannot be had.
        """
        with self.stream.statistics.timed("convert"):
            return message_to_array(message, "mono8", max_pixels=self._node.parameters.max_pixels)

    def is_seen(self, set_number: int | None = None) -> bool:
        """Tell whether the network is to see the next image: it sees every Nth, or all of every Nth set."""
        number, self._number = self._number if set_number is None else set_number, self._number + 1
        return number % self._tracker.options.network_every == 0

    def finish(self, arrival: Arrival, image: np.ndarray, features: Features | None = None) -> None:
        """Track an image and publish everything that somebody wants.

        Args:
            arrival: The image as it came.
            image: The image, uint8 (H, W).
            features: Its features; None where the network does not see it, or has not yet.
        """
        message, statistics, ids = arrival.message, self.stream.statistics, None
        image_size = (image.shape[0], image.shape[1])
        with self._lock, statistics.timed("track"):
            previous_stamp = self._continuity.advance(self.stream, message.header.stamp, image_size, self._tracker)
            mask = self._newest_mask = self._mask.of_image(self.stream, arrival, image_size)
            if features is None:
                tracks = self._tracker.follow(image, mask)
            else:
                features = without_masked(features, mask)
                tracks, ids = self._tracker.update(image, features, mask)
            is_blind = self._tracker.options.tracker != "descriptor" and self._tracker.keyframe() is None
        if is_blind:
            statistics.count("blind")
            text = "image shows none of the tracks; they wait for the next one (is it black or overexposed?)"
            self._node.warnings.warn(self.stream.topic, "blind", text)
        self.seen = Seen(message, tracks, features)
        with statistics.timed("publish"):
            self._publish_tracks(message.header, previous_stamp, image_size, tracks)
            if features is not None and ids is not None:
                self._publish_features(message.header, features, ids)
        if self._overlay is not None:
            self._overlay.publish(message, tracks, statistics)
        statistics.note(tracks=len(tracks.id))
        statistics.finish(arrival.stamp)

    def late_jobs(self, message: Image | CompressedImage, image: np.ndarray) -> list[NetworkJob]:
        """Return what the network is to do with the image tracked last, beside the tracking; [] = nothing."""
        with self._lock:
            keyframe = self._tracker.keyframe()
        if keyframe is None:
            return []
        return [NetworkJob(self.stream, image, partial(self._learn, message.header, keyframe, self._newest_mask))]

    def _learn(self, header: Header, keyframe: Keyframe, mask: np.ndarray | None, features: Features) -> None:
        """Take in the features of an image that was tracked before, and publish them."""
        features = without_masked(features, mask)
        with self._lock, self.stream.statistics.timed("learn"):
            ids = self._tracker.learn(keyframe, features)
        self._publish_features(header, features, ids)

    def _publish_tracks(
        self, header: Header, previous_stamp: Time, image_size: tuple[int, int], tracks: Tracks
    ) -> None:
        motion = self._motion.update(tracks, nanoseconds(header.stamp), self._camera_of(image_size))
        normalized, velocity = motion or (None, None)
        self._tracks.publish(tracks_to_message(tracks, header, self._name, previous_stamp, normalized, velocity))

    def _publish_features(self, header: Header, features: Features, track_id: np.ndarray) -> None:
        self.stream.statistics.count("seen")
        self.stream.statistics.note(keypoints=len(features.score))
        if self._features.get_subscription_count():
            descriptor_type = self._node.parameters.descriptor_type
            message = features_to_message(features, header, self._name, track_id, descriptor_type=descriptor_type)
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

    def status(self) -> DiagnosticStatus:
        """Return the camera's line of the report; received = processed + dropped + skipped + waiting."""
        values = self.stream.report() | {"waiting_for_camera_info": str(len(self._held_back))}
        return diagnostic_status(self._name, self._problems(), values)

    def _problems(self) -> list[Problem]:
        problems = [*self._input.check(), *self._info_input.check(), *filter(None, [self.stream.statistics.problem()])]
        if self._mask.input is not None:
            problems += [replace(problem, level=DiagnosticStatus.WARN) for problem in self._mask.input.check()]
        if self._held_back and self._calibration.message is not None:
            text = f"CameraInfo on {self._calibration.topic} is uncalibrated; images wait for another one"
            problems.append(Problem(text, "calibrate the camera, or set wait_for_camera_info to false"))
        return problems

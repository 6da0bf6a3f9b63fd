"""One camera's side of the frontend: its output topics, its tracker, its calibration, what it counts."""

from __future__ import annotations

from typing import Any

import numpy as np
from builtin_interfaces.msg import Time
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header

from superpoint_ros.core.camera import Camera
from superpoint_ros.core.drawing import Trails, draw_tracks
from superpoint_ros.core.errors import CalibrationError
from superpoint_ros.core.track_motion import TrackMotion
from superpoint_ros.core.tracker import Tracker, TrackerOptions
from superpoint_ros.core.types import Features, Tracks
from superpoint_ros.msg import Features as FeaturesMessage
from superpoint_ros.msg import Tracks as TracksMessage
from superpoint_ros.ros.frontend.parameters import CameraParameters
from superpoint_ros.ros.messages import features as feature_messages
from superpoint_ros.ros.messages import images as image_messages
from superpoint_ros.ros.messages.stamps import SECOND, nanoseconds
from superpoint_ros.ros.runtime.diagnostics import InputStatistics
from superpoint_ros.ros.runtime.guard import Guard
from superpoint_ros.ros.runtime.logs import ThrottledWarnings
from superpoint_ros.ros.runtime.qos import output_publisher


class CameraChannel:
    """What the worker does for one camera, before and after the network.

    Args:
        node: owns the publishers.
        parameters: of this camera.
        policy: decides the outputs' QoS.
        overlay: whether the overlay topics are offered.
        facts: fields of every Features message that are always the same (model, weights_sha256).
    """

    def __init__(self, node: Node, parameters: CameraParameters, policy: str, overlay: bool, facts: dict[str, Any]):
        self.parameters = parameters
        self.statistics = InputStatistics()
        self.camera: Camera | None = None
        self._node = node
        self._warnings = ThrottledWarnings(node.get_logger())
        self.guarded = Guard(node, self.statistics, self._warnings, parameters.topic, "image")
        self._facts = {"rectified": parameters.rectified, **facts}
        self._tracker = Tracker()
        self._motion = TrackMotion()
        self._trails = Trails()
        self._stamp: Time | None = None
        self._features = self._publisher(FeaturesMessage, "features", policy)
        self._tracks = self._publisher(TracksMessage, "tracks", policy)
        self._overlay = self._publisher(Image, "overlay", policy) if overlay else None
        self._compressed = self._publisher(CompressedImage, "overlay/compressed", policy) if overlay else None

    def _publisher(self, message_type: type, name: str, policy: str) -> Any:
        return output_publisher(self._node, message_type, f"{self.parameters.name}/{name}", policy)

    def set_tracker_options(self, options: TrackerOptions) -> None:
        """Takes effect with the next image; tracks live on."""
        self._tracker.options = options

    def set_camera_info(self, message: CameraInfo) -> None:
        """Takes effect with the next image."""
        try:
            self.camera = image_messages.camera_info_to_camera(message, self.parameters.rectified)
        except CalibrationError as error:
            self._warnings.warn(self.parameters.camera_info_topic, "calibration", str(error))

    def convert(self, message: Image | CompressedImage) -> np.ndarray:
        """The image as the network wants it, uint8 (H, W); ImageError where it cannot be had."""
        with self.statistics.timed("convert"):
            return image_messages.message_to_array(message, "mono8")

    def finish(self, message: Image | CompressedImage, features: Features) -> None:
        """Tracks an image's features and publishes everything that somebody wants."""
        header = message.header
        with self.statistics.timed("track"):
            previous_stamp = self._advance(header.stamp)
            tracks = self._tracker.update(features)
        with self.statistics.timed("publish"):
            self._publish(header, previous_stamp, features, tracks)
        self._publish_overlay(message, tracks)
        self.statistics.count("processed")

    def _advance(self, stamp: Time) -> Time:
        """Remembers the stamp; starts a new epoch where time went backward. Returns the previous image's stamp."""
        previous, self._stamp = self._stamp, stamp
        if previous is None:
            return Time()
        if nanoseconds(stamp) < nanoseconds(previous):
            self.statistics.count("resets")
            back = (nanoseconds(previous) - nanoseconds(stamp)) / SECOND
            self._warnings.warn(self.parameters.topic, "stamp", f"stamp went back by {back:.6f} s; tracks begin anew")
            self._tracker.reset()
            return Time()
        return previous

    def _publish(self, header: Header, previous_stamp: Time, features: Features, tracks: Tracks) -> None:
        name = self.parameters.name
        motion = self._motion.update(tracks, nanoseconds(header.stamp), self._camera_of(features.image_size))
        normalized, velocity = motion or (None, None)
        self._tracks.publish(
            feature_messages.tracks_to_message(tracks, header, name, previous_stamp, normalized, velocity)
        )
        if self._features.get_subscription_count():
            self._features.publish(
                feature_messages.features_to_message(features, header, name, tracks.id, **self._facts)
            )

    def _camera_of(self, image_size: tuple[int, int]) -> Camera | None:
        camera = self.camera
        if camera is not None and camera.image_size != image_size:
            text = f"CameraInfo is for images of (height, width) {camera.image_size}, not {image_size}; not used"
            self._warnings.warn(self.parameters.camera_info_topic, "size", text)
            return None
        return camera

    def _publish_overlay(self, message: Image | CompressedImage, tracks: Tracks) -> None:
        wanted = [
            (publisher, convert)
            for publisher, convert in (
                (self._overlay, image_messages.array_to_image),
                (self._compressed, image_messages.array_to_compressed_image),
            )
            if publisher is not None and publisher.get_subscription_count()
        ]
        if not wanted:
            self._trails = Trails()
            return
        with self.statistics.timed("overlay"):
            image = image_messages.message_to_array(message, "bgr8")
            overlay = draw_tracks(image, tracks, self._trails.update(tracks))
            for publisher, convert in wanted:
                publisher.publish(convert(overlay, message.header))

"""Images with the tracks drawn on them, while somebody looks."""

from __future__ import annotations

from rclpy.node import Node
from sensor_msgs.msg import CompressedImage, Image

from superpoint_ros.core.drawing import Trails, draw_tracks
from superpoint_ros.core.types import Tracks
from superpoint_ros.ros.messages.image_decoding import message_to_array
from superpoint_ros.ros.messages.images import array_to_compressed_image, array_to_image
from superpoint_ros.ros.runtime.diagnostics import InputStatistics
from superpoint_ros.ros.runtime.qos import output_publisher


class Overlay:
    """Publish one camera's overlay, raw and compressed.

    Args:
        node: Owns the publishers.
        camera: Name of the camera.
        policy: Decides the QoS.
    """

    def __init__(self, node: Node, camera: str, policy: str):
        self._outputs = (
            (output_publisher(node, Image, f"{camera}/overlay", policy), array_to_image),
            (
                output_publisher(node, CompressedImage, f"{camera}/overlay/compressed", policy),
                array_to_compressed_image,
            ),
        )
        self._trails = Trails()

    def publish(self, message: Image | CompressedImage, tracks: Tracks, statistics: InputStatistics) -> None:
        """Draw the tracks of an image, unless nobody subscribes; trails are then cleared."""
        wanted = [output for output in self._outputs if output[0].get_subscription_count()]
        if not wanted:
            self._trails = Trails()
            return
        with statistics.timed("overlay"):
            overlay = draw_tracks(message_to_array(message, "bgr8"), tracks, self._trails.update(tracks))
            for publisher, convert in wanted:
                publisher.publish(convert(overlay, message.header))

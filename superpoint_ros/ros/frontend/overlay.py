"""Images with the tracks drawn on them, while somebody looks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from superpoint_ros.core.drawing import Trails, draw_tracks
from superpoint_ros.core.types import Tracks
from superpoint_ros.ros.messages.image_decoding import message_to_array
from superpoint_ros.ros.messages.images import array_to_compressed_image, array_to_image
from superpoint_ros.ros.runtime.diagnostics import InputStatistics
from superpoint_ros.ros.runtime.pipeline import Output, Pipeline


class Overlay:
    """Publish one camera's overlay, raw and compressed.

    Args:
        node: Owns the publishers.
        camera: Name of the camera.
    """

    def __init__(self, node: Pipeline[Any, Any], camera: str):
        self._outputs: tuple[tuple[Output, Callable[[np.ndarray, Header], object]], ...] = (
            (node.add_output(Image, f"{camera}/overlay"), array_to_image),
            (node.add_output(CompressedImage, f"{camera}/overlay/compressed"), array_to_compressed_image),
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

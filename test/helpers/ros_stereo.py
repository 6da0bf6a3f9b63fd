"""A frontend node with two cameras under the every-frame policy, and everything connected to it."""

from __future__ import annotations

from array import array

import cv2
import numpy as np
from helpers.ros_probe import header, texture
from sensor_msgs.msg import CompressedImage, Image

from superpoint_ros.msg import Features, Tracks

LEFT_SIZE, RIGHT_SIZE = (48, 64), (56, 72)
SHIFT = 8
EVERY_FRAME = {
    "cameras.names": "[left, right]",
    "cameras.left.topic": "/left/image_raw",
    "cameras.right.transport": "compressed",
    "policy": "every_frame",
    "max_keypoints": 40,
    "detection_threshold": 0.0,
}


def moving(seed: int, size: tuple[int, int], count: int) -> list[np.ndarray]:
    """A texture that moves to the left by SHIFT pixels an image."""
    wide = texture(seed, (size[0], size[1] + SHIFT * count))
    return [np.ascontiguousarray(wide[:, SHIFT * i : SHIFT * i + size[1]]) for i in range(count)]


def png(image: np.ndarray, stamp) -> CompressedImage:
    return CompressedImage(header=stamp, format="png", data=array("B", cv2.imencode(".png", image)[1].tobytes()))


class Stereo:
    """A node with a raw and a compressed camera under the every-frame policy, and everything connected to it."""

    def __init__(self, probe, start_node):
        self.node = start_node(EVERY_FRAME)
        self.probe = probe
        self.left = probe.publisher(Image, "/left/image_raw")
        self.right = probe.publisher(CompressedImage, "/right/image_raw/compressed")
        self.features = {name: probe.collect(Features, f"/frontend/{name}/features") for name in ("left", "right")}
        self.tracks = {name: probe.collect(Tracks, f"/frontend/{name}/tracks") for name in ("left", "right")}
        self.reports = probe.collect_reports("frontend")
        self.stamp = 1000

    def next_header(self, frame="optical"):
        self.stamp += 100
        return header(self.stamp, frame)

    def clear(self):
        for collected in (*self.features.values(), *self.tracks.values()):
            collected.clear()

    def wait_for(self, camera, count):
        self.probe.spin_until(lambda: len(self.tracks[camera]) >= count, f"{count} tracks messages of {camera}")
        self.probe.spin_until(lambda: len(self.features[camera]) >= count, f"{count} features messages of {camera}")

    def statistics(self, camera="left"):
        return self.probe.statistics(self.reports, camera)

    def settled(self, camera="left"):
        """The next report but one, so that it knows of everything that has been waited for."""
        count = len(self.reports) + 2
        self.probe.spin_until(lambda: len(self.reports) >= count, "two reports")
        return self.statistics(camera)

"""One camera's side of the frontend, without a ROS graph."""

from __future__ import annotations

import cv2
import numpy as np
from helpers.ros_probe import header
from sensor_msgs.msg import Image

from superpoint_ros.inference.extractor import Extractor
from superpoint_ros.replay.offline_node import OfflineFrontend, TopicBus
from superpoint_ros.ros.messages.images import array_to_image

SCENE = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (96, 128), np.uint8), (0, 0), 1.5)


def frontend_of(weights, bus, **parameters) -> OfflineFrontend:
    common = {"weights": str(weights), "detection_threshold": 0.0, "max_keypoints": 60}
    return OfflineFrontend(bus, common | parameters)


def image(milliseconds: int) -> Image:
    return array_to_image(SCENE, header(milliseconds))


class Watched:
    """A tracker that notes who uses it without the lock."""

    def __init__(self, tracker, lock):
        vars(self).update(tracker=tracker, lock=lock, used=set(), unlocked=set())

    def _note(self, name):
        self.used.add(name)
        if not self.lock.locked():
            self.unlocked.add(name)

    def __getattr__(self, name):
        if name != "options":
            self._note(name)
        return getattr(self.tracker, name)

    def __setattr__(self, name, value):
        self._note(name)
        setattr(self.tracker, name, value)


def test_the_tracker_is_used_by_one_thread_at_a_time(weights):
    """The network's thread takes in keypoints while the worker tracks; a keyframe between the two was torn."""
    bus = TopicBus(lambda *_: None)
    frontend = frontend_of(weights, bus, tracker="hybrid", network_every=2, max_time_gap=0.5)
    channel = frontend._channels["camera"]
    channel._tracker = tracker = Watched(channel._tracker, channel._lock)
    for stamp in (0, 100, 200, 2000):
        bus.deliver("/camera/image_raw", image(stamp))
    (job,) = channel.late_jobs(image(2000), SCENE)
    job.deliver(Extractor(weights).extract(SCENE))
    frontend.apply(frontend.parameters)
    frontend.reset_tracks()
    assert tracker.used == {"update", "follow", "keyframe", "interrupt", "learn", "options", "reset"}
    assert not tracker.unlocked

"""One camera's side of the frontend, without a ROS graph."""

from __future__ import annotations

from types import SimpleNamespace

import cv2
import numpy as np
from helpers.ros_probe import header
from sensor_msgs.msg import CameraInfo, Image

from superpoint_ros.core.region_options import RegionOptions
from superpoint_ros.inference.extractor import Extractor
from superpoint_ros.replay.offline_node import OfflineFrontend, TopicBus
from superpoint_ros.ros.frontend.camera_mask import MAX_MASKS, CameraMask
from superpoint_ros.ros.messages.images import array_to_image

SCENE = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (96, 128), np.uint8), (0, 0), 1.5)
CAMERA_INFO = CameraInfo(height=96, width=128, k=[100.0, 0.0, 64.0, 0.0, 100.0, 48.0, 0.0, 0.0, 1.0])


def frontend_of(weights, bus, **parameters) -> OfflineFrontend:
    common = {"weights": str(weights), "detection_threshold": 0.0, "max_keypoints": 60}
    return OfflineFrontend(bus, common | parameters)


def image(milliseconds: int) -> Image:
    return array_to_image(SCENE, header(milliseconds))


def mask(milliseconds: int, top: int) -> Image:
    wanted = np.full(SCENE.shape, 255, np.uint8)
    wanted[:top] = 0
    return array_to_image(wanted, header(milliseconds))


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


def test_images_that_wait_have_the_masks_that_came_before_them_however_many_came_since(weights):
    """They wait for a calibration here, as they do behind a slow network."""
    tracks = []
    bus = TopicBus(lambda topic, message: tracks.append(message) if topic.endswith("tracks") else None)
    frontend_of(weights, bus, **{"cameras.camera.mask_topic": "/mask", "cameras.camera.wait_for_camera_info": True})
    strips = [20 + number for number in range(2 * MAX_MASKS)]
    for number, strip in enumerate(strips):
        bus.deliver("/mask", mask(10 * number, strip))
        bus.deliver("/camera/image_raw", image(10 * number))
        bus.deliver("/mask", mask(10 * number, 96))
    bus.deliver("/camera/camera_info", CAMERA_INFO)
    assert len(tracks) == len(strips)
    for message, strip in zip(tracks, strips, strict=True):
        assert min(message.y) >= strip


def test_an_image_being_processed_keeps_its_mask_and_latest_takes_one_that_comes_after_it():
    parameters = SimpleNamespace(policy="latest", max_pixels=10**6)
    node = SimpleNamespace(parameters=parameters, add_input=lambda topic, kind, take: take)
    camera = CameraMask(node, RegionOptions(), "/mask")
    camera.input(mask(90, 10))
    arrivals = [camera.arrive(image(stamp)) for stamp in (90, 100)]
    camera.input(mask(100, 20))
    tops = [int((camera.of_image(None, one, SCENE.shape)[:, 0] == 0).sum()) for one in arrivals]
    assert tops == [10, 20]
    for number in range(MAX_MASKS):
        camera.input(mask(200 + number, 30))
    assert (camera.of_image(None, arrivals[0], SCENE.shape)[:, 0] == 0).sum() == 10


def test_a_mask_that_cannot_be_used_is_counted_once_and_the_one_before_goes_on(weights):
    tracks = []
    bus = TopicBus(lambda topic, message: tracks.append(message) if topic.endswith("tracks") else None)
    frontend = frontend_of(weights, bus, **{"cameras.camera.mask_topic": "/mask"})
    bus.deliver("/mask", mask(0, 30))
    bus.deliver("/camera/image_raw", image(0))
    bus.deliver("/mask", Image(header=header(10), height=2, width=2, encoding="mono8", step=2))
    for stamp in (10, 20, 30, 40):
        bus.deliver("/camera/image_raw", image(stamp))
    assert frontend._channels["camera"].stream.statistics["bad_masks"] == 1
    assert [min(message.y) >= 30 for message in tracks] == [True] * 5

"""The service that writes what the frontend sees, over real DDS."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml
from helpers.ros_lifecycle import Caller
from helpers.ros_probe import header, texture
from sensor_msgs.msg import Image
from std_srvs.srv import Trigger

from superpoint_ros.core.types import Tracks as TrackRows
from superpoint_ros.msg import Tracks
from superpoint_ros.replay.offline_node import OfflineFrontend, TopicBus
from superpoint_ros.ros.frontend import snapshot
from superpoint_ros.ros.messages.images import array_to_image

PARAMETERS = {
    "policy": "every_frame",
    "max_keypoints": 40,
    "detection_threshold": 0.0,
    "cameras.names": "[left, right]",
}


def start(probe, start_node, name, folder):
    topics = {f"cameras.{camera}.topic": f"/{name}/{camera}" for camera in ("left", "right")}
    start_node(PARAMETERS | topics | {"snapshot_folder": folder}, name)
    return Caller(probe, Trigger, f"/{name}/save_snapshot")


def test_a_snapshot_holds_the_images_their_tracks_and_what_runs(probe, start_node, tmp_path):
    service = start(probe, start_node, "watched", tmp_path / "snapshots")
    publisher = probe.publisher(Image, "/watched/left")
    tracks = probe.collect(Tracks, "/watched/left/tracks")
    images = [np.dstack([texture(seed, (48, 64))] * 3) for seed in (0, 1)]
    for number, image in enumerate(images):
        publisher.publish(array_to_image(image, header(1500 + 100 * number, "left_optical")))
    probe.spin_until(lambda: len(tracks) == 2, "tracks")
    answer = service.call(Trigger.Request())
    folder = tmp_path / "snapshots" / "watched_1600000000"
    assert (answer.success, answer.message) == (True, f"snapshot saved: {folder}")
    assert sorted(path.name for path in folder.iterdir()) == [
        "left.png", "left_features.npz", "left_tracks.npz", "left_tracks.png", "snapshot.yaml",
    ]  # fmt: skip
    np.testing.assert_array_equal(cv2.imread(str(folder / "left.png")), images[1])
    drawn = cv2.imread(str(folder / "left_tracks.png"))
    assert drawn.shape == images[1].shape
    assert (drawn != images[1]).any()
    with np.load(folder / "left_tracks.npz") as saved:
        np.testing.assert_array_equal(saved["id"], tracks[1].id)
        np.testing.assert_allclose(saved["xy"][:, 0], tracks[1].x, atol=1e-4)
    with np.load(folder / "left_features.npz") as saved:
        assert saved["descriptors"].shape == (40, 256)
    said = yaml.safe_load((folder / "snapshot.yaml").read_text())
    camera = {"stamp": 1600000000, "frame_id": "left_optical", "image_size": [48, 64], "tracks": 40, "keypoints": 40}
    assert said["cameras"] == {"left": camera}
    assert len(said["weights_sha256"]) == 64
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_what_cannot_be_saved_is_said_and_leaves_nothing(probe, start_node, tmp_path):
    in_the_way = tmp_path / "file"
    in_the_way.write_text("no folder")
    service = start(probe, start_node, "unsaved", Path("/proc/no/such/place"))
    answer = service.call(Trigger.Request())
    assert (answer.success, answer.message) == (False, "no image has come yet")
    publisher = probe.publisher(Image, "/unsaved/right")
    tracks = probe.collect(Tracks, "/unsaved/right/tracks")
    publisher.publish(array_to_image(texture(0, (48, 64)), header(100)))
    probe.spin_until(lambda: len(tracks) == 1, "tracks")
    for folder in ("/proc/no/such/place", str(in_the_way), "~nobody_of_this_name/snapshots"):
        assert probe.set_parameter("unsaved", "snapshot_folder", folder).successful
        answer = service.call(Trigger.Request())
        assert not answer.success
        assert folder in answer.message
        assert answer.message.endswith("set snapshot_folder to another place")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("error", [cv2.error("no room"), KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_nothing_is_left_of_a_snapshot_that_fails_half_way(monkeypatch, tmp_path, error):
    def fail(*_):
        raise error

    monkeypatch.setattr(snapshot, "draw_tracks", fail)
    seen = {"left": snapshot.Seen(array_to_image(texture(0, (48, 64)), header(100)), TrackRows.empty(0))}
    with pytest.raises((snapshot.SnapshotError, type(error))):
        snapshot.save_snapshot(tmp_path, "halfway", seen, {})
    assert list(tmp_path.iterdir()) == []


def test_whoever_has_heard_of_an_image_finds_it_in_a_snapshot(weights, monkeypatch):
    bus = TopicBus(lambda *_: None)
    frontend = OfflineFrontend(bus, {"weights": str(weights), "detection_threshold": 0.0})
    channel, seen = frontend._channels["camera"], []
    monkeypatch.setattr(channel._tracks, "publish", lambda message: seen.append(channel.seen.message))
    image = array_to_image(texture(0, (48, 64)), header(100))
    bus.deliver("/camera/image_raw", image)
    assert seen == [image]

"""Masks of a camera, in the real node: fixed ones from parameters, live ones from a topic."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from helpers.ros_probe import WAIT_S, header, texture
from sensor_msgs.msg import Image

from superpoint_ros.msg import Features, Tracks
from superpoint_ros.ros.messages.images import array_to_image

SIZE = (64, 96)
COMMON = {"policy": "every_frame", "max_keypoints": 60, "detection_threshold": 0.0}


def points(message):
    return np.stack([np.array(message.x), np.array(message.y)], axis=1)


@pytest.mark.parametrize("tracker", ["descriptor", "hybrid"])
def test_nothing_is_found_or_followed_under_masks(probe, start_node, tmp_path, tracker):
    """The mask's file covers the right third, at half the size; live masks, of every other image, a strip above."""
    drawn = np.full((32, 48), 255, np.uint8)
    drawn[:, 32:] = 0
    cv2.imwrite(str(tmp_path / "mask.png"), drawn)
    name = f"masked_{tracker}"
    own = {"topic": f"/{name}_in/image", "mask_topic": f"/{name}_in/mask", "mask": tmp_path / "mask.png"}
    own |= {"mask_borders": "[0, 0, 0, 10]", "lens_circle": "[47.5, 31.5, 50.0]"}
    parameters = {f"cameras.camera.{key}": value for key, value in own.items()}
    start_node({**COMMON, "tracker": tracker, **parameters}, name)
    images, masks = probe.publisher(Image, own["topic"]), probe.publisher(Image, own["mask_topic"])
    tracks = probe.collect(Tracks, f"/{name}/camera/tracks")
    features = probe.collect(Features, f"/{name}/camera/features")
    strips = []
    for number in range(8):
        if number % 2 == 0:
            strips.append(8 + number)
            live = np.full(SIZE, 255, np.uint8)
            live[: strips[-1]] = 0
            masks.publish(array_to_image(live, header(100 * number)))
            probe.meet(name)
        images.publish(array_to_image(np.roll(texture(3, SIZE), number, axis=0), header(100 * number)))
    probe.spin_until(lambda: len(tracks) == len(features) == 8, "all answers")
    for number, pair in enumerate(zip(tracks, features, strict=True)):
        assert len(pair[0].x) > 5
        for message in pair:
            x, y = np.rint(points(message)).T
            assert (x < 64).all()
            assert (y < 54).all()
            assert (y >= strips[number // 2]).all()
            assert (np.hypot(x - 47.5, y - 31.5) <= 50).all()


def test_a_missing_mask_file_ends_the_node_at_its_start(start_node, tmp_path):
    node = start_node({**COMMON, "cameras.camera.mask": tmp_path / "none.png"}, "no_mask")
    assert node.process.wait(WAIT_S) != 0
    assert "none.png': no such file or directory; give an image that is black where no keypoint is wanted" in node.log()
    node.process.returncode = 0

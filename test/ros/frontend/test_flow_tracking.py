"""Tracks of every image while the network sees some: with every_frame every Nth, with latest whenever it is free."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from helpers.ros_probe import header, milliseconds
from sensor_msgs.msg import Image

from superpoint_ros.core.decode_options import DecodeOptions
from superpoint_ros.core.flow_tracker import FlowTracker
from superpoint_ros.core.tracker_options import TrackerOptions
from superpoint_ros.inference.extractor import Extractor
from superpoint_ros.msg import Features, Tracks
from superpoint_ros.ros.messages.features import message_to_tracks
from superpoint_ros.ros.messages.images import array_to_image

SIZE = (96, 128)
SCENE = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (200, 400), np.uint8), (0, 0), 1.5)
SCENE = cv2.normalize(SCENE, None, 0, 255, cv2.NORM_MINMAX)
HYBRID = {"tracker": "hybrid", "max_keypoints": 60, "detection_threshold": 0.0, "remove_borders": 8}


def film(count):
    return [np.ascontiguousarray(SCENE[40 : 40 + SIZE[0], 40 + 2 * n : 40 + 2 * n + SIZE[1]]) for n in range(count)]


def play(probe, start_node, name, images, times=None, **parameters):
    """Publish a film to a node with hybrid tracking; return its publisher and what comes of it."""
    topic = f"/{name}_input/image"
    node = start_node({"cameras.camera.topic": topic, **HYBRID, **parameters}, name)
    publisher = probe.publisher(Image, topic)
    tracks = probe.collect(Tracks, f"/{name}/camera/tracks")
    features = probe.collect(Features, f"/{name}/camera/features")
    reports = probe.collect_reports(name)
    for number, image in enumerate(images):
        publisher.publish(array_to_image(image, header(100 * number if times is None else times[number])))
    return node, publisher, tracks, features, reports


def content(message):
    fields = {name: getattr(message, name) for name in message.get_fields_and_field_types()}
    return {name: value.tobytes() if hasattr(value, "tobytes") else value for name, value in fields.items()}


def test_every_third_image_is_seen_and_all_have_the_librarys_tracks(probe, start_node, weights):
    images = film(8)
    parameters = {"policy": "every_frame", "network_every": 3}
    _, _, tracks, features, _ = play(probe, start_node, "third", images, **parameters)
    probe.spin_until(lambda: len(tracks) == 8 and len(features) == 3, "8 tracks and 3 features")
    assert [milliseconds(message) for message in tracks] == list(range(0, 800, 100))
    assert [milliseconds(message) for message in features] == [0, 300, 600]
    extractor = Extractor(weights, options=DecodeOptions(max_keypoints=60, detection_threshold=0.0, remove_borders=8))
    tracker = FlowTracker(TrackerOptions(tracker="hybrid"))
    for number, (image, message) in enumerate(zip(images, tracks, strict=True)):
        got = message_to_tracks(message)
        if number % 3 == 0:
            expected, ids = tracker.update(image, extractor.extract(image))
            assert features[number // 3].track_id.tolist() == ids.tolist()
        else:
            expected = tracker.follow(image)
        np.testing.assert_array_equal(got.id, expected.id)
        np.testing.assert_array_equal(got.status, expected.status)
        np.testing.assert_allclose(got.xy, expected.xy, atol=1e-3)
        np.testing.assert_allclose(got.sigma, expected.sigma, rtol=1e-4)


def test_two_runs_have_equal_content(probe, start_node):
    runs = []
    for name in ("once", "twice"):
        parameters = {"policy": "every_frame", "network_every": 2}
        _, _, tracks, features, _ = play(probe, start_node, name, film(12), **parameters)
        probe.spin_until(lambda: len(tracks) == 12 and len(features) == 6, "all answers")  # noqa: B023
        runs.append([content(message) for message in [*tracks, *features]])
    assert runs[0] == runs[1]


def test_the_network_follows_in_its_own_thread(probe, start_node):
    images = film(60)
    _, publisher, tracks, features, reports = play(probe, start_node, "free", images[:1])
    probe.spin_until(lambda: len(features) == 1, "the first image's features")
    for number, image in enumerate(images[1:], 1):
        publisher.publish(array_to_image(image, header(100 * number)))
        probe.spin_until(lambda: len(tracks) == number + 1, "the image's tracks")  # noqa: B023
    probe.spin_until(lambda: int(probe.statistics(reports, "camera").get("seen", 0)) > 1, "the network")
    assert [milliseconds(message) for message in tracks] == list(range(0, 6000, 100))
    stamps = [milliseconds(message) for message in features]
    assert stamps == sorted(set(stamps))
    known = set(np.concatenate([message.id for message in tracks]).tolist())
    assert len(known.intersection(features[0].track_id)) > 10
    # The film outruns the network where the machine is busy: the last image may have lost them all.
    assert max(max(message.age, default=0) for message in tracks) > 10
    values = probe.statistics(reports, "camera")
    assert (values["dropped"], values["skipped"], values["lost"]) == ("0", "0", "0")


@pytest.mark.parametrize(
    ("what", "counter", "warning"),
    [("gap", "gaps", "between two images; nothing is followed across"), ("size", "resets", "image size changed from")],
)
def test_images_that_do_not_go_on_are_counted_and_warned_of(probe, start_node, what, counter, warning):
    images = film(6)
    times = [0, 100, 200, 300, 400, 500]
    if what == "gap":
        times[3:] = [2300, 2400, 2500]
    else:
        images[3:] = [np.ascontiguousarray(image[:80]) for image in images[3:]]
    node, _, tracks, _, reports = play(
        probe, start_node, what, images, times, policy="every_frame", network_every=3
    )  # fmt: skip
    probe.spin_until(lambda: len(tracks) == 6, "six tracks messages")
    probe.spin_until(lambda: probe.statistics(reports, "camera").get(counter) == "1", counter)
    assert warning in node.log()
    assert [message.epoch for message in tracks] == ([0] * 6 if what == "gap" else [0, 0, 0, 1, 1, 1])
    if what == "gap":
        # The network saw the image after the gap: its keypoints found tracks again.
        assert set(tracks[3].status) <= {Tracks.STATUS_NEW, Tracks.STATUS_TRACKED}
        assert Tracks.STATUS_TRACKED in tracks[3].status

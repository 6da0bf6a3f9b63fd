"""The frontend's program in its own process, over real DDS; what it publishes is compared with the library's."""

from __future__ import annotations

from array import array
from itertools import count, pairwise

import cv2
import numpy as np
import pytest
from helpers.ros_probe import header, milliseconds, texture
from helpers.ros_stereo import EVERY_FRAME, LEFT_SIZE, RIGHT_SIZE, moving, png
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from superpoint_ros.core.decode_options import DecodeOptions
from superpoint_ros.core.drawing import Trails, draw_tracks
from superpoint_ros.core.tracker import Tracker
from superpoint_ros.inference.extractor import Extractor
from superpoint_ros.msg import Features, Tracks
from superpoint_ros.ros.messages.features import message_to_features, message_to_tracks
from superpoint_ros.ros.messages.image_decoding import message_to_array
from superpoint_ros.ros.messages.images import array_to_image


@pytest.fixture(scope="module")
def extractor(weights):
    return Extractor(weights, options=DecodeOptions(max_keypoints=40, detection_threshold=0.0))


def content(message) -> dict:
    """Every field's bytes. (A serialized message also holds the alignment gaps, and those are not initialized.)"""
    fields = {name: getattr(message, name) for name in message.get_fields_and_field_types()}
    return {name: value.tobytes() if isinstance(value, array) else value for name, value in fields.items()}


def assert_library_results(images, features, tracks, extractor):
    tracker = Tracker()
    for image, features_message, tracks_message in zip(images, features, tracks, strict=True):
        expected = extractor.extract(image)
        got = message_to_features(features_message)
        np.testing.assert_array_equal(got.xy, expected.xy)
        np.testing.assert_allclose(got.score, expected.score, atol=1e-5)
        np.testing.assert_allclose(got.descriptors, expected.descriptors, atol=1e-4)
        assert got.image_size == image.shape
        followed, got = tracker.update(expected), message_to_tracks(tracks_message)
        np.testing.assert_array_equal(got.id, followed.id)
        np.testing.assert_array_equal(got.previous_xy, followed.previous_xy)
        np.testing.assert_array_equal(got.lost_id, followed.lost_id)
        np.testing.assert_allclose(got.distance, followed.distance, atol=1e-3)
        assert features_message.track_id == tracks_message.id


def test_two_cameras_of_different_sizes_at_once(stereo, extractor):
    images = {"left": moving(1, LEFT_SIZE, 6), "right": moving(2, RIGHT_SIZE, 6)}
    headers = {"left": [], "right": []}
    for left, right in zip(images["left"], images["right"], strict=True):
        headers["left"].append(stereo.next_header("left_optical"))
        headers["right"].append(stereo.next_header("right_optical"))
        stereo.left.publish(array_to_image(left, headers["left"][-1]))
        stereo.right.publish(png(right, headers["right"][-1]))
    for name in ("left", "right"):
        stereo.wait_for(name, 6)
        features, tracks = stereo.features[name], stereo.tracks[name]
        assert [message.header for message in features] == headers[name]
        assert [message.header for message in tracks] == headers[name]
        assert {message.camera for message in [*features, *tracks]} == {name}
        assert [message.previous_stamp for message in tracks[1:]] == [one.stamp for one in headers[name][:-1]]
        assert_library_results(images[name], features, tracks, extractor)
        assert any(len(message.status) and max(message.status) == Tracks.STATUS_TRACKED for message in tracks)
        assert all(len(message.normalized_x) == 0 for message in tracks)
        assert {len(message.weights_sha256) for message in features} == {64}


def test_every_image_gives_one_output(stereo):
    stereo.clear()
    headers = [stereo.next_header() for _ in range(40)]
    for stamp in headers:
        stereo.left.publish(array_to_image(texture(3, LEFT_SIZE), stamp))
    stereo.wait_for("left", 40)
    stereo.probe.spin_for(0.3)
    assert [message.header for message in stereo.tracks["left"]] == headers
    assert [message.header for message in stereo.features["left"]] == headers
    assert stereo.tracks["left"][-1].age[0] >= 40
    values = stereo.settled()
    assert (values["dropped"], values["lost"], values["skipped"]) == ("0", "0", "0")
    assert values["received"] == values["processed"]
    assert {"convert_ms", "network_ms", "track_ms", "publish_ms"} <= values.keys()
    assert {"rate_in_hz", "rate_out_hz", "latency_p50_ms", "latency_p95_ms", "stamp_jitter_ms"} <= values.keys()
    assert values["topic"] == "/left/image_raw"
    assert values["tracks"] == values["keypoints"] == str(len(stereo.tracks["left"][-1].id))
    assert 0.0 < float(values["latency_p50_ms"]) <= float(values["latency_p95_ms"])
    own = stereo.probe.statistics(stereo.reports, "node state")
    assert (own["message"], own["level"], own["state"]) == ("running", "OK", "active")
    assert own["device"].startswith("cpu (")
    assert own["weights_sha256"] == stereo.features["left"][-1].weights_sha256
    assert float(own["memory_mb"]) > 1.0
    assert {status.hardware_id for status in stereo.reports[-1].status} == {"none"}


def test_an_image_without_keypoints_gives_empty_messages(stereo):
    stereo.clear()
    stereo.left.publish(array_to_image(np.zeros((1, 3), np.uint8), stereo.next_header()))
    stereo.wait_for("left", 1)
    assert (stereo.features["left"][0].height, stereo.features["left"][0].width) == (1, 3)
    assert len(stereo.features["left"][0].x) == len(stereo.tracks["left"][0].id) == 0


def test_the_overlay_is_drawn_only_while_somebody_subscribes(stereo):
    image = texture(6, LEFT_SIZE)

    def play(count):
        stereo.clear()
        headers = [stereo.next_header() for _ in range(count)]
        for stamp in headers:
            stereo.left.publish(array_to_image(image, stamp))
        stereo.wait_for("left", count)
        stereo.settled()
        return headers

    play(1)
    assert "overlay_ms" not in stereo.statistics()
    raw = stereo.probe.collect(Image, "/frontend/left/overlay")
    compressed = stereo.probe.collect(CompressedImage, "/frontend/left/overlay/compressed")
    headers = play(2)
    assert [message.header for message in raw] == headers
    assert [message.header for message in compressed] == headers
    trails = Trails()
    for message, tracks in zip(raw, map(message_to_tracks, stereo.tracks["left"]), strict=True):
        drawn = draw_tracks(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR), tracks, trails.update(tracks))
        np.testing.assert_array_equal(message_to_array(message, "bgr8"), drawn)
    assert compressed[-1].format == "jpeg"
    difference = np.abs(message_to_array(compressed[-1], "bgr8").astype(int) - drawn)
    assert np.median(difference) < 20
    raw.close()
    compressed.close()
    stereo.probe.meet("frontend")
    drawing = stereo.statistics()["overlay_ms"]
    play(1)
    assert stereo.statistics()["overlay_ms"] == drawing


def test_camera_info_gives_normalized_coordinates_and_velocity(stereo):
    stereo.clear()
    info = CameraInfo(height=48, width=64, k=[50.0, 0.0, 31.5, 0.0, 50.0, 23.5, 0.0, 0.0, 1.0])
    publisher = stereo.probe.publisher(CameraInfo, "/left/camera_info")
    publisher.publish(info)
    stereo.probe.meet("frontend")
    for image in moving(7, LEFT_SIZE, 3):
        stereo.left.publish(array_to_image(image, stereo.next_header()))
    stereo.wait_for("left", 3)
    for message in stereo.tracks["left"]:
        x, previous_x = np.array(message.x), np.array(message.previous_x)
        np.testing.assert_allclose(message.normalized_x, (x - 31.5) / 50, atol=1e-6)
        np.testing.assert_allclose(message.normalized_y, (np.array(message.y) - 23.5) / 50, atol=1e-6)
        tracked = np.array(message.status) == Tracks.STATUS_TRACKED
        just_seen = tracked & np.isin(message.id, stereo.tracks["left"][0].id)
        assert not np.array(message.velocity_x)[~tracked].any()
        if message is stereo.tracks["left"][1]:
            expected = (x - previous_x)[just_seen] / 50 / 0.1
            np.testing.assert_allclose(np.array(message.velocity_x)[just_seen], expected, rtol=1e-3, atol=1e-4)
    info.width = 128
    publisher.publish(info)
    stereo.probe.meet("frontend")
    stereo.left.publish(array_to_image(texture(7, LEFT_SIZE), stereo.next_header()))
    stereo.wait_for("left", 4)
    assert len(stereo.tracks["left"][3].normalized_x) == 0
    assert "CameraInfo on /left/camera_info is for images of (height, width) (48, 128)" in stereo.node.log()


def test_the_same_input_gives_the_same_bytes(probe, start_node):
    outputs = []
    for name in ("first", "second"):
        start_node(EVERY_FRAME | {"cameras.names": "[film]"}, name)
        kinds = ((Features, "features"), (Tracks, "tracks"))
        outputs.append([probe.collect(kind, f"/{name}/film/{topic}") for kind, topic in kinds])
    publisher = probe.publisher(Image, "/film/image_raw", subscribers=2)
    for i, image in enumerate(moving(9, LEFT_SIZE, 12)):
        publisher.publish(array_to_image(image, header(100 * i)))
    for collected in (collected for pair in outputs for collected in pair):
        probe.spin_until(lambda collected=collected: len(collected) == 12, "12 messages")
    first, second = ([content(message) for collected in pair for message in collected] for pair in outputs)
    assert first == second


@pytest.mark.parametrize(
    ("name", "kind"), [("float16", Features.DESCRIPTOR_FLOAT16), ("int8", Features.DESCRIPTOR_INT8)]
)
def test_descriptors_are_sent_in_the_type_that_is_asked_for(probe, start_node, extractor, name, kind):
    topic = f"/{name}/image_raw"
    start_node(EVERY_FRAME | {"cameras.names": "[film]", "cameras.film.topic": topic, "descriptor_type": name}, name)
    received = probe.collect(Features, f"/{name}/film/features")
    image = texture(11, LEFT_SIZE)
    publisher, stamps = probe.publisher(Image, topic), count(100, 100)

    def answered():
        publisher.publish(array_to_image(image, header(next(stamps))))
        probe.spin_for(0.5)
        return received

    probe.spin_until(answered, "features")
    assert received[0].descriptor_type == kind
    found, expected = message_to_features(received[0]), extractor.extract(image)
    np.testing.assert_array_equal(found.xy, expected.xy)
    assert np.sum(found.descriptors * expected.descriptors, axis=1).min() > 0.998


def test_latest_drops_the_oldest_and_counts_them(probe, start_node):
    names = {"cameras.names": "[fast, silent]", "cameras.silent.topic": "/nobody/image"}
    reliable = {
        f"qos_overrides./fast/image_raw.subscription.{k}": v for k, v in (("reliability", "reliable"), ("depth", 100))
    }
    node = start_node(names | reliable, "robot")
    publisher = probe.publisher(Image, "/fast/image_raw")
    tracks = probe.collect(Tracks, "/robot/fast/tracks")
    reports = probe.collect_reports("robot")
    image = texture(10, (240, 320))
    for i in range(20):
        publisher.publish(array_to_image(image, header(100 * i)))

    def all_received():
        values = probe.statistics(reports, "fast")
        return values and int(values["processed"]) + int(values["dropped"]) == 20

    probe.spin_until(all_received, "20 images processed or dropped")
    values = probe.statistics(reports, "fast")
    assert values["received"] == "20"
    assert int(values["dropped"]) > 0
    probe.spin_until(lambda: len(tracks) == int(values["processed"]), "the outputs")
    stamps = [milliseconds(message) for message in tracks]
    assert stamps[-1] == 1900
    assert all(earlier < later for earlier, later in pairwise(stamps))
    warning = "/nobody/image: no sensor_msgs/msg/Image received since the start, "
    probe.spin_until(lambda: warning in node.log(), "a warning on the silent camera")
    assert "publishers: 0; subscribed with QoS reliable, volatile, keep_last 5" in node.log()


def test_images_wait_for_camera_info(probe, start_node):
    start_node({"policy": "every_frame", "cameras.camera.wait_for_camera_info": True}, "calibrated")
    tracks = probe.collect(Tracks, "/calibrated/camera/tracks")
    images = probe.publisher(Image, "/camera/image_raw")
    calibration = probe.publisher(CameraInfo, "/camera/camera_info")
    for i in range(3):
        images.publish(array_to_image(texture(11, LEFT_SIZE), header(100 * i)))
    probe.spin_for(1.0)
    assert len(tracks) == 0
    calibration.publish(CameraInfo(height=48, width=64, k=[50.0, 0.0, 31.5, 0.0, 50.0, 23.5, 0.0, 0.0, 1.0]))
    probe.spin_until(lambda: len(tracks) == 3, "three tracks messages")
    assert [milliseconds(message) for message in tracks] == [0, 100, 200]
    assert all(len(message.normalized_x) == len(message.x) > 0 for message in tracks)

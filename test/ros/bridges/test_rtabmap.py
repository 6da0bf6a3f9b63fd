"""RGBDImages with features: through CDR and back, read by RTAB-Map's rules."""

from __future__ import annotations

import struct
import sys
import zlib
from importlib.util import find_spec
from types import ModuleType

import numpy as np
import pytest
from helpers.ros_probe import NodeProcess, header, parameter_arguments
from helpers.rtabmap_messages import NAME, made_module, made_types, rgbd_image, uncompress_data

from superpoint_ros.core.errors import ParameterError
from superpoint_ros.core.types import Features
from superpoint_ros.msg import Features as FeaturesMessage
from superpoint_ros.replay.offline_node import OfflineNode, TopicBus
from superpoint_ros.ros.bridges.rtabmap import add_features, import_rtabmap_messages, pack_matrix
from superpoint_ros.ros.bridges.rtabmap_pipeline import RtabmapBridge
from superpoint_ros.ros.messages.errors import InputError
from superpoint_ros.ros.messages.features import features_to_message

SIZE = (48, 64)


@pytest.fixture
def types(monkeypatch):
    """The types, with the classes in the place of RTAB-Map's own."""
    made = made_types()
    monkeypatch.setitem(sys.modules, "rtabmap_msgs", ModuleType("rtabmap_msgs"))
    monkeypatch.setitem(sys.modules, "rtabmap_msgs.msg", made_module(made))
    return made


def random_features(seed: int, count: int, width: int = 256) -> Features:
    rng = np.random.default_rng(seed)
    xy, score = rng.uniform(0, 47, (count, 2)).astype(np.float32), rng.random(count, np.float32)
    descriptors = rng.normal(size=(count, width)).astype(np.float32)
    return Features(xy, score, descriptors / np.linalg.norm(descriptors, axis=1, keepdims=True), SIZE)


def features_message(features: Features, milliseconds: int = 100, **options: str) -> FeaturesMessage:
    return features_to_message(features, header(milliseconds), "camera", **options)


def through_cdr(message, types):
    """The message after serialization and back, as another process has it."""
    message.descriptors = np.frombuffer(bytes(message.descriptors), np.uint8)
    return types.deserialize_cdr(types.serialize_cdr(message, NAME), NAME)


@pytest.mark.parametrize("descriptor_type", ["float32", "float16", "int8"])
@pytest.mark.parametrize("count", [1, 30])
def test_rtabmap_reads_the_features_as_they_were_sent(types, count, descriptor_type):
    features = random_features(count, count)
    message = features_message(features, descriptor_type=descriptor_type)
    read = through_cdr(add_features(message, rgbd_image(types)), types)
    assert [(one.pt.x, one.pt.y) for one in read.key_points] == list(map(tuple, features.xy.tolist()))
    assert [one.response for one in read.key_points] == features.score.tolist()
    assert {(one.size, one.angle, one.octave, one.class_id) for one in read.key_points} == {(8.0, -1.0, 0, -1)}
    descriptors = uncompress_data(read.descriptors.tobytes())
    assert (descriptors.shape, descriptors.dtype) == ((count, 256), np.float32)
    accuracy = {"float32": 0.0, "float16": 1e-3, "int8": 5e-3}[descriptor_type]
    np.testing.assert_allclose(descriptors, features.descriptors, atol=accuracy)
    assert read.points == []


def test_everything_else_stays_as_it_was(types):
    sent = rgbd_image(types)
    before = bytes(types.serialize_cdr(sent, NAME))
    filled = add_features(features_message(random_features(0, 5)), sent)
    assert bytes(types.serialize_cdr(sent, NAME)) == before
    filled.key_points, filled.descriptors = [], np.zeros(0, np.uint8)
    assert bytes(types.serialize_cdr(filled, NAME)) == before


def test_the_bytes_of_a_matrix():
    data = pack_matrix(np.float32([[1, 2, 3], [4, 5, 6]]))
    assert data[-12:] == struct.pack("=iii", 2, 3, 5)
    assert zlib.decompress(data[:-12]) == struct.pack("=6f", 1, 2, 3, 4, 5, 6)


def test_no_keypoints_leave_an_rgbd_image_without_features(types):
    filled = add_features(features_message(random_features(0, 0)), rgbd_image(types))
    assert (filled.key_points, bytes(filled.descriptors)) == ([], b"")
    assert uncompress_data(b"").size == 0


def test_features_of_another_size_are_refused(types):
    message = features_message(random_features(0, 3))
    with pytest.raises(InputError, match=r"image of 64x48 for an RGBDImage of 32x24.*decimate"):
        add_features(message, rgbd_image(types, size=(24, 32)))
    compressed = rgbd_image(types, size=(24, 32))
    compressed.rgb.height = compressed.rgb.width = 0
    with pytest.raises(InputError, match="RGBDImage of 32x24"):
        add_features(message, compressed)
    compressed.rgb_camera_info.height = compressed.rgb_camera_info.width = 0
    assert len(add_features(message, compressed).key_points) == 3


def test_features_that_are_not_whole_are_refused(types):
    message = features_message(random_features(0, 3))
    message.descriptors = message.descriptors[:-1]
    with pytest.raises(InputError, match="bytes for 3 descriptors"):
        add_features(message, rgbd_image(types))


class OfflineBridge(RtabmapBridge, OfflineNode):
    """The bridge on a bus, for which the messages need no middleware."""


def test_the_bridge_joins_features_and_rgbd_images_by_stamp(types):
    sent = []
    bus = TopicBus(lambda topic, message: sent.append((topic, message)))
    bridge = OfflineBridge(bus, {"consumer": "rtabmap", "slop": 0.01})
    features = [random_features(seed, 4) for seed in range(3)]
    bus.deliver("/frontend/camera/features", features_message(features[0], 100))
    bus.deliver("/rgbd_image", rgbd_image(types, 105))
    bus.deliver("/rgbd_image", rgbd_image(types, 200, (24, 32)))
    bus.deliver("/frontend/camera/features", features_message(features[1], 200))
    bus.deliver("/frontend/camera/features", features_message(features[1], 250))
    bus.deliver("/rgbd_image", rgbd_image(types, 300))
    bus.deliver("/frontend/camera/features", features_message(features[2], 300))
    assert [topic for topic, _ in sent] == ["/bridge/rgbd_image"] * 2
    assert [message.header.stamp.nanosec // 1_000_000 for _, message in sent] == [105, 300]
    for (_, message), given in zip(sent, (features[0], features[2]), strict=True):
        np.testing.assert_array_equal(uncompress_data(bytes(message.descriptors)), given.descriptors)
    report = {value.key: value.value for value in bridge.statuses()[0].values}
    assert (report["processed"], report["skipped: size"], report["without_partner"]) == ("2", "1", "1")


def test_without_rtabmap_the_package_to_install_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "rtabmap_msgs", None)
    monkeypatch.delitem(sys.modules, "rtabmap_msgs.msg", raising=False)
    with pytest.raises(ParameterError, match=r"needs the ROS package rtabmap_msgs .*apt install ros-"):
        import_rtabmap_messages()


@pytest.mark.skipif(find_spec("rtabmap_msgs") is not None, reason="rtabmap_msgs is installed")
def test_the_node_says_in_one_line_what_it_lacks(tmp_path):
    node = NodeProcess(tmp_path / "log", parameter_arguments({"consumer": "rtabmap"}, "rtabmap_bridge"), "bridge")
    assert node.process.wait(60) == 1
    assert "consumer 'rtabmap' needs the ROS package rtabmap_msgs" in node.log()
    assert "Traceback" not in node.log()


@pytest.mark.skipif(find_spec("rtabmap_msgs") is None, reason="rtabmap_msgs is not installed; it comes with RTAB-Map")
def test_the_node_with_the_messages_of_rtabmap(probe, tmp_path):
    kind = import_rtabmap_messages().RGBDImage
    node = NodeProcess(tmp_path / "log", parameter_arguments({"consumer": "rtabmap"}, "rtabmap_bridge"), "bridge")
    filled = probe.collect(kind, "/rtabmap_bridge/rgbd_image")
    features, rgbd = probe.publisher(FeaturesMessage, "/frontend/camera/features"), probe.publisher(kind, "/rgbd_image")
    sent, given = kind(header=header(100)), random_features(0, 20)
    sent.rgb.height, sent.rgb.width, sent.rgb.encoding = *SIZE, "mono8"
    sent.rgb.data = bytes(SIZE[0] * SIZE[1])
    rgbd.publish(sent)
    features.publish(features_message(given))
    probe.spin_until(lambda: filled, f"an RGBDImage: {node.log()}")
    assert node.stop() == 0
    assert [(one.pt.x, one.pt.y, one.response) for one in filled[0].key_points] == [
        (*xy, score) for xy, score in zip(given.xy.tolist(), given.score.tolist(), strict=True)
    ]
    np.testing.assert_array_equal(uncompress_data(bytes(filled[0].descriptors)), given.descriptors)
    assert (filled[0].header, filled[0].rgb) == (sent.header, sent.rgb)

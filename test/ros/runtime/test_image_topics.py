"""Names of a camera's topics, with namespace and remappings: what each is subscribed to in the end."""

from __future__ import annotations

import pytest
from rclpy.node import Node

from superpoint_ros.core.errors import ParameterError
from superpoint_ros.ros.runtime.image_topics import camera_info_topic, camera_topics, image_topic
from superpoint_ros.ros.runtime.topic_input import resolve_topic

SWAPPED = ["left/image_raw:=right/image_raw", "right/image_raw:=left/image_raw"]
SWAPPED_CALIBRATIONS = ["left/camera_info:=right/camera_info", "right/camera_info:=left/camera_info"]
CHAIN = ["left/image_raw:=right/image_raw", "right/image_raw:=rear/image_raw"]
OWN_NAMES = ["left/image_raw/compressed:=/a/image/compressed", "right/image_raw/compressed:=left/image_raw/compressed"]


class RemappedNode:
    """Resolves names as the pipeline of a node does."""

    def __init__(self, node: Node):
        self.node = node

    def resolve_topic(self, topic: str) -> str:
        return resolve_topic(self.node, topic)

    def expand_topic(self, topic: str) -> str:
        return resolve_topic(self.node, topic, only_expand=True)

    def topics(self, camera="left", transport="raw", image="", camera_info="") -> tuple[str, str]:
        """What a camera's images and calibration are subscribed to, as rclpy resolves their names."""
        names = camera_topics(self, camera, transport, image, camera_info)
        return self.resolve_topic(names.image), self.resolve_topic(names.camera_info)


@pytest.fixture
def node_with(create_node):
    def create(*remappings, namespace="") -> RemappedNode:
        rules = ["--ros-args", *(word for rule in remappings for word in ("-r", rule))]
        return RemappedNode(create_node(namespace=namespace, cli_args=rules))

    return create


@pytest.mark.parametrize(
    ("topic", "transport", "expected", "camera_info"),
    [
        ("", "raw", "/left/image_raw", "/left/camera_info"),
        ("", "compressed", "/left/image_raw/compressed", "/left/camera_info"),
        ("/cam0/image", "raw", "/cam0/image", "/cam0/camera_info"),
        ("/cam0/image/compressed", "compressed", "/cam0/image/compressed", "/cam0/camera_info"),
        ("/image", "raw", "/image", "/camera_info"),
        ("image", "raw", "/image", "/camera_info"),
        ("robot/image", "raw", "/robot/image", "/robot/camera_info"),
    ],
)
def test_topics(node_with, topic, transport, expected, camera_info):
    node = node_with()
    assert node.topics("left", transport, topic) == (expected, camera_info)
    assert image_topic(node.resolve_topic, topic, "left", transport) == expected
    assert camera_info_topic(node.resolve_topic, "", expected) == camera_info


@pytest.mark.parametrize(("transport", "expected"), [("raw", "/usb/image"), ("compressed", "/usb/image/compressed")])
def test_topics_follow_namespace_and_remapping(node_with, transport, expected):
    plain = node_with(namespace="/robot1").topics("left", transport)
    assert plain == ("/robot1/left/image_raw" + expected.removeprefix("/usb/image"), "/robot1/left/camera_info")
    remapped = node_with("left/image_raw:=/usb/image", namespace="/robot1")
    assert remapped.topics("left", transport) == (expected, "/usb/camera_info")


@pytest.mark.parametrize("transport", ["raw", "compressed"])
@pytest.mark.parametrize("rules", [SWAPPED, SWAPPED + SWAPPED_CALIBRATIONS])
def test_swapped_cameras_are_swapped_with_their_calibrations(node_with, rules, transport):
    node, below = node_with(*rules), "/compressed" if transport == "compressed" else ""
    assert node.topics("left", transport) == (f"/right/image_raw{below}", "/right/camera_info")
    assert node.topics("right", transport) == (f"/left/image_raw{below}", "/left/camera_info")


@pytest.mark.parametrize("transport", ["raw", "compressed"])
def test_a_chain_of_remappings_goes_one_step(node_with, transport):
    node, below = node_with(*CHAIN), "/compressed" if transport == "compressed" else ""
    assert node.topics("left", transport) == (f"/right/image_raw{below}", "/right/camera_info")
    assert node.topics("right", transport) == (f"/rear/image_raw{below}", "/rear/camera_info")


def test_the_transport_s_own_name_is_remapped_before_the_image_topic(node_with):
    node = node_with(*OWN_NAMES, "left/image_raw:=/never")
    assert node.topics("left", "compressed") == ("/a/image/compressed", "/a/camera_info")
    assert node.topics("right", "compressed") == ("/left/image_raw/compressed", "/left/camera_info")


def test_the_calibration_s_own_name_is_remapped_before_the_image_topic(node_with):
    node = node_with("camera/camera_info:=/calibrated/info", "camera/image_raw:=/usb/image")
    assert node.topics("camera") == ("/usb/image", "/calibrated/info")
    assert node_with("/usb/camera_info:=/info").topics(image="/usb/image") == ("/usb/image", "/info")


def test_a_given_calibration_is_resolved_once(node_with):
    node = node_with(*SWAPPED_CALIBRATIONS, namespace="/robot1")
    assert node.topics(camera_info="calibration") == ("/robot1/left/image_raw", "/robot1/calibration")
    assert node.topics(camera_info="left/camera_info")[1] == "/robot1/right/camera_info"


@pytest.mark.parametrize(
    ("rules", "transport", "own", "following", "further"),
    [
        ([*CHAIN, "right/camera_info:=rear/camera_info"], "raw", "left/camera_info", "/right/camera_info",
         "/rear/camera_info"),
        ([CHAIN[0], "right/image_raw/compressed:=/rear"], "compressed", "left/image_raw/compressed",
         "/right/image_raw/compressed", "/rear"),
    ],
)  # fmt: skip
def test_remappings_that_leave_open_what_is_meant_are_refused_with_the_cure(
    node_with, rules, transport, own, following, further
):
    with pytest.raises(ParameterError) as raised:
        node_with(*rules).topics("left", transport)
    assert str(raised.value) == (
        f"'{own}' becomes '{following}' as the image topic is remapped, and that is remapped to '{further}': "
        f"remap '{own}' to the one that is meant"
    )
    chosen = node_with(*rules, f"{own}:={following}").topics("left", transport)
    assert following in chosen

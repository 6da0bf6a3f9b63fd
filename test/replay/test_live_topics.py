"""Which topics nodes with given parameters listen to, and publish, by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.bags import write_messages_bag
from helpers.camera_messages import camera_messages
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, PointCloud2

from superpoint_ros.core.errors import ParameterError, SourceError
from superpoint_ros.msg import Features
from superpoint_ros.replay.bag_reader import BagReader
from superpoint_ros.replay.live_replay import LiveInput
from superpoint_ros.replay.live_topics import LiveTopics
from superpoint_ros.replay.plan import plan_nodes


@pytest.fixture(scope="module")
def stereo_bag(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_messages_bag(tmp_path_factory.mktemp("live") / "bag", camera_messages(1, ("left", "right")))


def test_a_stereo_bag_has_the_inputs_of_all_three_nodes(stereo_bag):
    with BagReader(stereo_bag) as reader:
        topics = LiveTopics(plan_nodes(reader))
    assert topics.images == {"left": "/left/image_raw", "right": "/right/image_raw"}
    assert topics.inputs == {
        "/left/image_raw": LiveInput(Image, 2, ("/frontend/left/tracks",)),
        "/right/image_raw": LiveInput(Image, 1, ("/frontend/right/tracks",)),
        "/left/camera_info": LiveInput(CameraInfo, 3),
        "/right/camera_info": LiveInput(CameraInfo, 2),
    }
    assert {"/triangulate/sparse_depth", "/densify/confidence", "/frontend/right/features"} <= topics.outputs.keys()


def test_one_camera_of_two_needs_the_frontend_alone(stereo_bag):
    with BagReader(stereo_bag) as reader:
        topics = LiveTopics(plan_nodes(reader, topic="/right/image_raw"))
        with pytest.raises(SourceError, match="no image topic /other; there are /left/image_raw, /right/image_raw"):
            plan_nodes(reader, topic="/other")
    assert list(topics.inputs) == ["/right/image_raw", "/right/camera_info"]
    assert topics.inputs["/right/image_raw"].listeners == 1
    assert list(topics.outputs) == ["/frontend/right/features", "/frontend/right/tracks"]


def test_the_wanted_camera_takes_the_place_of_those_of_the_parameter_file(stereo_bag, tmp_path):
    path = tmp_path / "parameters.yaml"
    values = {"cameras.names": ["left"], "cameras.left.topic": "/left/image_raw", "max_keypoints": 7}
    path.write_text(str({"/frontend": {"ros__parameters": values}}))
    with BagReader(stereo_bag) as reader:
        frontend = plan_nodes(reader, path, "/right/image_raw")["frontend"]
    assert frontend == {
        "max_keypoints": 7, "cameras.names": ["right"], "cameras.right.topic": "/right/image_raw",
        "cameras.right.transport": "raw",
    }  # fmt: skip


def test_recorded_features_masks_clouds_and_compressed_images_are_inputs():
    frontend = {"cameras.names": ["a"], "cameras.a.transport": "compressed", "cameras.a.mask_topic": "mask"}
    features = {"left_features": "/recorded/left", "right_features": "/frontend/a/features"}
    topics = LiveTopics(
        {
            "frontend": frontend,
            "triangulate": features,
            "densify": {"image_topic": "/a/image_raw/compressed", "transport": "compressed", "source": "point_cloud"},
        }
    )
    kinds = {topic: one.kind for topic, one in topics.inputs.items()}
    assert kinds == {
        "/a/image_raw/compressed": CompressedImage, "/a/camera_info": CameraInfo, "/mask": Image,
        "/recorded/left": Features, "/left/camera_info": CameraInfo, "/right/camera_info": CameraInfo,
        "/sparse_depth": PointCloud2,
    }  # fmt: skip
    assert topics.inputs["/a/image_raw/compressed"].listeners == 2


def test_a_parameter_that_is_not_allowed_is_refused():
    with pytest.raises(ParameterError, match=r"cameras\.names"):
        LiveTopics({"frontend": {"cameras.names": ["a b"]}})

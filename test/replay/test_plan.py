"""Which nodes a bag has the inputs of, by what is on its topics."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from helpers.bags import write_messages_bag
from helpers.camera_messages import SIZE, camera_messages, info
from helpers.ros_probe import header
from sensor_msgs.msg import CompressedImage

from superpoint_ros.cli.view_content import BagContent
from superpoint_ros.replay.bag_reader import BagReader
from superpoint_ros.replay.plan import plan_nodes
from superpoint_ros.ros.messages.depth import array_to_depth_image

# As image_transport's plugins "compressed" and "compressedDepth" write it.
COMPRESSED_DEPTH = ("16UC1; png compressed ", "16UC1; jpeg compressed ", "16UC1; compressedDepth png", "32FC1")


@pytest.fixture(params=COMPRESSED_DEPTH)
def rgbd_bag(request, tmp_path):
    png = cv2.imencode(".png", np.full(SIZE, 1500, np.uint16))[1].ravel()
    depth = [
        ("/left/depth/image", array_to_depth_image(np.full(SIZE, 1.5, np.float32), header(1000))),
        ("/left/depth/image/compressed", CompressedImage(header=header(1000), format=request.param, data=png)),
        ("/left/depth/camera_info", info(1000)),
    ]
    return write_messages_bag(tmp_path / "bag", [*camera_messages(1), *depth])


def test_compressed_depth_is_no_camera_and_the_raw_one_is_made_dense(rgbd_bag):
    with BagReader(rgbd_bag) as reader:
        plan = plan_nodes(reader)
    assert plan["frontend"]["cameras.names"] == ["left"]
    assert plan["densify"]["sparse_topic"] == "/left/depth/image"


def test_compressed_depth_is_not_shown_as_an_image(rgbd_bag):
    with BagReader(rgbd_bag) as reader:
        content = BagContent(reader)
    assert content.images == {"left": "/left/image_raw"}
    assert content.depths == ["/left/depth/image"]


@pytest.mark.parametrize("encoding", ["bgr8; jpeg compressed bgr8", "mono16; png compressed ", "png", ""])
def test_other_compressed_images_are_of_a_camera(encoding, tmp_path):
    image = CompressedImage(header=header(1000), format=encoding, data=b"")
    bag = write_messages_bag(tmp_path / "bag", [("/left/image_raw/compressed", image)])
    with BagReader(bag) as reader:
        assert "left" in plan_nodes(reader)["frontend"]["cameras.names"]

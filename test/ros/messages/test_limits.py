"""Messages that say they are huge are refused before anything of their size is allocated."""

from __future__ import annotations

from array import array

import numpy as np
import pytest
from helpers.ros_densify import cloud
from helpers.ros_probe import header
from sensor_msgs.msg import Image

from superpoint_ros.ros.messages.depth import depth_image_to_array, point_cloud_to_array
from superpoint_ros.ros.messages.errors import InputError
from superpoint_ros.ros.messages.image_decoding import message_to_array


def test_a_cloud_of_too_many_points():
    message = cloud(np.ones((100, 3)), header(1))
    assert len(point_cloud_to_array(message, max_points=100)) == 100
    with pytest.raises(InputError, match="100 points; max_points=99 are allowed"):
        point_cloud_to_array(message, max_points=99)


def test_a_cloud_whose_points_lie_on_top_of_each_other():
    message = cloud(np.ones((100, 3)), header(1))
    message.height, message.width, message.row_step, message.point_step = 2**32 - 1, 2**32 - 1, 0, 0
    with pytest.raises(InputError):
        point_cloud_to_array(message)


def to_bgr(message, **limits):
    return message_to_array(message, "bgr8", **limits)


@pytest.mark.parametrize(("convert", "encoding"), [(depth_image_to_array, "32FC1"), (to_bgr, "rgba8")])
def test_an_image_of_too_many_pixels(convert, encoding):
    message = Image(height=10, width=20, encoding=encoding, step=80, data=array("B", bytes(800)))
    assert convert(message, max_pixels=200).shape[:2] == (10, 20)
    with pytest.raises(InputError, match=r"20x10 is larger than .*max_megapixels") as raised:
        convert(message, max_pixels=199)
    assert raised.value.reason == "size"

import threading

import numpy as np
import pytest
import rclpy
from sensor_msgs.msg import Image

from superpoint_ros.replay.camera_load import Answers, CameraLoad, highest_rate


def test_latency_is_of_the_answered_images_alone():
    answers = Answers(sent={1: 10.0, 2: 11.0, 3: 12.0, 4: 13.0}, received={1: 10.5, 3: 12.25, 99: 1.0})
    np.testing.assert_allclose(answers.latency, [0.5, 0.25])
    assert answers.dropped == pytest.approx(0.5)


@pytest.mark.parametrize("limit", [1.0, 7.3, 119.0])
def test_the_highest_rate_is_found(limit):
    asked = []

    def is_kept_up(rate: float) -> bool:
        asked.append(rate)
        return rate <= limit

    found = highest_rate(is_kept_up, lowest=1.0, highest=120.0, steps=8)
    assert found <= limit < 1.03 * found
    assert len(asked) == 10


def test_a_rate_outside_the_range_is_its_end():
    assert highest_rate(lambda rate: False, lowest=1.0, highest=2.0) == 0.0
    assert highest_rate(lambda rate: True, lowest=1.0, highest=2.0) == 2.0


def test_its_thread_ends_quietly_where_a_signal_shuts_ros_down(monkeypatch):
    failures = []
    monkeypatch.setattr(threading, "excepthook", failures.append)
    rclpy.init()
    camera = CameraLoad("/camera_load/image", Image, "/camera_load/answer", lambda: None)
    thread = next(one for one in threading.enumerate() if one.name == "answers")
    rclpy.shutdown()
    thread.join()
    camera.close()
    assert failures == []

"""What is seen of a graph, over real DDS."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from helpers.ros_camera_process import CameraProcess, Film
from sensor_msgs.msg import CameraInfo, CompressedImage, PointCloud2
from std_msgs.msg import String

from superpoint_ros.core.errors import BackendError
from superpoint_ros.ros.runtime import topic_survey
from superpoint_ros.ros.runtime.topic_survey import Survey, survey_topics


def survey_while_publishing(probe, points) -> Survey:
    """What is seen while ten point clouds a second are sent."""
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(survey_topics, 8.0)
        while not done.done():
            points.publish(PointCloud2())
            probe.spin_for(0.1)
    return done.result()


def test_topics_publishers_rates_and_losses(probe):
    for kind, topic in ((String, "/words"), (CameraInfo, "/good/camera_info"), (CompressedImage, "/mute/compressed")):
        probe.node.create_publisher(kind, topic, 5)
    points = probe.node.create_publisher(PointCloud2, "/points", 5)
    good = CameraProcess(Film(("/good/image_raw",), (48, 64), 600, 20.0))
    lossy = CameraProcess(Film(("/lossy/image_raw",), (1080, 1920), 600, 20.0, reliable=False))
    try:
        # A driver that hardly gets a processor loses nothing: then it is looked at once more.
        for _ in range(3):
            survey = survey_while_publishing(probe, points)
            seen = {topic.name: topic for topic in survey.topics}
            if seen["/lossy/image_raw"].problems:
                break
    finally:
        good.close()
        lossy.close()
    assert seen.keys() == {
        "/good/camera_info", "/good/image_raw", "/lossy/image_raw", "/mute/compressed", "/points",
    }  # fmt: skip
    assert {"/driver", "/probe"} <= set(survey.nodes)
    assert not any(topic_survey.NODE_NAME in name for name in survey.nodes)
    assert survey.others >= 1
    image = seen["/good/image_raw"]
    assert (image.type, image.is_image, image.calibrated) == ("sensor_msgs/msg/Image", True, True)
    assert image.publishers == ("/driver (reliable)",)
    assert image.size == "64x48 rgb8, 0.01 MB"
    assert image.problems == ()
    assert 10.0 < image.rate < 25.0
    assert seen["/points"].rate == pytest.approx(10.0, rel=0.5)
    lost = seen["/lossy/image_raw"]
    assert (lost.publishers, lost.calibrated) == (("/driver (best_effort)",), False)
    assert any("fastdds_large_images.xml" in problem.cure for problem in lost.problems)
    assert seen["/mute/compressed"].received == 0


def test_a_ros_that_does_not_start_says_why(monkeypatch):
    monkeypatch.setenv("ROS_DOMAIN_ID", "lab")
    with pytest.raises(BackendError, match="ROS_DOMAIN_ID is not an integral number: unset it, or set it to a number"):
        survey_topics(1.0)

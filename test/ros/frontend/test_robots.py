"""What a robot has: namespaces, remapped cameras, a latched or missing CameraInfo, a viewer that is stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from helpers.ros_probe import NodeProcess, header, parameter_arguments, texture
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import CameraInfo, Image

from superpoint_ros.msg import Tracks
from superpoint_ros.ros.messages.images import array_to_image

SIZE = (48, 64)
K = [50.0, 0.0, 31.5, 0.0, 50.0, 23.5, 0.0, 0.0, 1.0]
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
LISTEN = """
import rclpy, sys
from rclpy.node import Node
from superpoint_ros.msg import Tracks
rclpy.init()
node = Node("viewer")
node.create_subscription(Tracks, sys.argv[1], lambda message: print("heard", flush=True), 5)
rclpy.spin(node)
"""


@pytest.fixture
def robots(weights, tmp_path):
    """Two frontends side by side, each in its namespace, with a remapped camera."""
    nodes = []
    for name in ("robot1", "robot2"):
        rules = ["-r", f"__ns:=/{name}", "-r", f"camera/image_raw:=/{name}/usb/image"]
        log = tmp_path / f"{name}.log"
        nodes.append(NodeProcess(log, [*parameter_arguments({"weights": weights, "detection_threshold": 0.0}), *rules]))
    yield nodes
    assert [node.stop() for node in nodes] == [0, 0]


def test_two_robots_with_remapped_cameras_have_calibrated_tracks(probe, robots):
    for robot in ("robot1", "robot2"):
        image = probe.publisher(Image, f"/{robot}/usb/image")
        info = probe.publisher(CameraInfo, f"/{robot}/usb/camera_info")
        tracks = probe.collect(Tracks, f"/{robot}/frontend/camera/tracks")
        info.publish(CameraInfo(height=48, width=64, k=K))
        probe.meet(f"/{robot}/frontend")
        image.publish(array_to_image(texture(1, SIZE), header(1000)))
        probe.spin_until(lambda tracks=tracks: tracks, f"tracks of {robot}")
        x = np.array(tracks[0].x)
        assert len(x) > 0
        np.testing.assert_allclose(tracks[0].normalized_x, (x - 31.5) / 50, atol=1e-6)
    for robot, node in zip(("robot1", "robot2"), robots, strict=True):
        assert f"latest of /{robot}/usb/image" in node.log()


def test_a_latched_calibration_of_before_is_enough(probe, start_node):
    probe.node.create_publisher(CameraInfo, "/latched/camera_info", LATCHED).publish(
        CameraInfo(height=48, width=64, k=K)
    )
    start_node({"cameras.camera.topic": "/latched/image", "cameras.camera.wait_for_camera_info": True}, "latched")
    image = probe.publisher(Image, "/latched/image")
    tracks = probe.collect(Tracks, "/latched/camera/tracks")

    def tracked():
        image.publish(array_to_image(texture(1, SIZE), header(1000)))
        time.sleep(0.05)
        return tracks

    probe.spin_until(tracked, "tracks")
    assert len(tracks[0].normalized_x) == len(tracks[0].x)


def test_a_calibration_that_never_comes_is_said_and_images_are_counted_as_waiting(probe, weights, tmp_path):
    parameters = {"weights": weights, "cameras.camera.topic": "/uncalibrated/image",
                  "cameras.camera.wait_for_camera_info": True}  # fmt: skip
    node = NodeProcess(tmp_path / "log", parameter_arguments(parameters, "uncalibrated"))
    image = probe.publisher(Image, "/uncalibrated/image")
    reports = probe.collect_reports("uncalibrated")
    for number in range(4):
        image.publish(array_to_image(texture(1, SIZE), header(1000 + 100 * number)))
    words = "no sensor_msgs/msg/CameraInfo received since the start"
    begun = time.monotonic()
    probe.spin_until(lambda: words in probe.statistics(reports, "camera").get("message", ""), "a warning")
    assert time.monotonic() - begun < 6.0
    values = probe.statistics(reports, "camera")
    assert [values[name] for name in ("received", "waiting", "waiting_for_camera_info", "dropped", "processed")] == [
        "4", "1", "1", "3", "0"
    ]  # fmt: skip
    assert node.stop() == 0
    assert "1 of /uncalibrated/image wait for CameraInfo on /uncalibrated/camera_info" in node.log()


def test_a_listener_that_stops_listening_holds_nobody(probe, start_node):
    start_node({"cameras.camera.topic": "/film/image"}, "patient")
    image = probe.publisher(Image, "/film/image")
    reports = probe.collect_reports("patient")
    viewer = subprocess.Popen([sys.executable, "-c", LISTEN, "/patient/camera/tracks"], stdout=subprocess.PIPE, cwd="/")
    picture = array_to_image(texture(1, SIZE), header(1000))

    def processed():
        image.publish(picture)
        time.sleep(0.02)
        return int(probe.statistics(reports, "camera").get("processed", 0))

    os.set_blocking(viewer.stdout.fileno(), False)
    probe.spin_until(lambda: processed() and viewer.stdout.read(), "the viewer to hear")
    viewer.send_signal(signal.SIGSTOP)
    before = processed()
    probe.spin_until(lambda: processed() > before + 50, "fifty more images while the viewer is stopped")
    viewer.kill()
    viewer.wait()

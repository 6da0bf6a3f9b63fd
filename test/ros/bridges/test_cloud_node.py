"""The bridge node's program in its own process, over real DDS, with points as what is asked for."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.ros_probe import NodeProcess, header, milliseconds, parameter_arguments
from helpers.track_messages import tracks_message
from sensor_msgs.msg import Image, PointCloud2

from superpoint_ros.msg import Tracks
from superpoint_ros.ros.bridges.track_cloud import tracks_to_point_cloud
from superpoint_ros.ros.messages.depth import array_to_depth_image


@pytest.fixture(scope="module")
def bridge(probe, tmp_path_factory):
    topics = {"tracks_topic": "/points_input/tracks", "depth_topic": "/points_input/depth"}
    parameters = {"policy": "every_frame", "consumer": "point_cloud", "slop": 0.01, **topics}
    node = NodeProcess(tmp_path_factory.mktemp("node") / "log", parameter_arguments(parameters, "points"), "bridge")
    yield node
    assert node.stop() == 0, node.log()


def depth(stamp: int, value: float = 2.0, size: tuple[int, int] = (240, 320), frame: str = "optical") -> Image:
    return array_to_depth_image(np.full(size, value, np.float32), header(stamp, frame))


def test_tracks_and_depth_are_joined_by_stamp(probe, bridge):
    clouds = probe.collect(PointCloud2, "/points/points")
    reports = probe.collect_reports("points")
    tracks, depths = probe.publisher(Tracks, "/points_input/tracks"), probe.publisher(Image, "/points_input/depth")

    def report(name: str) -> dict[str, str]:
        return probe.statistics(reports, name)

    def wait_for(key: str, value: str, name: str = "tracks") -> None:
        probe.spin_until(lambda: report(name).get(key) == value, f"{key} {value} of {name}: {bridge.log()}")

    # In either order, and within slop; tracks without depth and depth without tracks wait, and are given up.
    first, second, alone = tracks_message(100), tracks_message(200), tracks_message(150)
    near = depth(205, 3.0)
    tracks.publish(first)
    depths.publish(depth(100))
    wait_for("processed", "1")
    tracks.publish(alone)
    depths.publish(near)
    tracks.publish(second)
    wait_for("processed", "2")
    assert list(clouds) == [tracks_to_point_cloud(first, depth(100)), tracks_to_point_cloud(second, near)]
    wait_for("without_partner", "1")
    wait_for("left_out", "2")

    # What cannot be translated is counted by its reason, and said; a cloud without points is sent all the same.
    odd = [
        (depth(300, size=(12, 16)), {}),
        (depth(400), {"normalized": None, "velocity": None}),
        (depth(500, np.nan), {}),
    ]
    for image, changes in odd:
        tracks.publish(tracks_message(milliseconds(image), **changes))
        depths.publish(image)
    wait_for("skipped", "2")
    wait_for("processed", "3")
    assert [report("depth")[f"skipped: {reason}"] for reason in ("size", "no CameraInfo")] == ["1", "1"]
    assert [(milliseconds(cloud), cloud.width) for cloud in clouds] == [(100, 2), (200, 2), (500, 0)]
    log = bridge.log()
    assert "pair skipped [size]: 2 of 2 tracks lie outside the depth image of 16x12" in log
    assert "none of 3 tracks has depth on /points_input/depth" in log
    assert "is it registered" not in log

    depths.publish(depth(600, frame="depth_sensor"))
    tracks.publish(tracks_message(600))
    wait_for("processed", "4")
    assert (
        "depth in the frame 'depth_sensor' for tracks in 'optical': is it registered to their images?" in bridge.log()
    )

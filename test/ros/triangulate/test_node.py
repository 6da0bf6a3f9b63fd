"""The triangulate node's program in its own process, over real DDS, on points that are known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from helpers.ros_probe import NodeProcess, Probe, header, milliseconds, parameter_arguments
from helpers.stereo_messages import camera_info
from helpers.stereo_points import BASELINE, CAMERA, MATRIX, SIZE, StereoPoints, stereo_points
from sensor_msgs.msg import CameraInfo, Image, PointCloud2

from superpoint_ros.core.geometry import lift
from superpoint_ros.core.sparse_depth import sparse_depth_from_points
from superpoint_ros.core.types import Features
from superpoint_ros.msg import Features as FeaturesMessage
from superpoint_ros.msg import Matches
from superpoint_ros.ros.messages.depth import depth_image_to_array
from superpoint_ros.ros.messages.features import features_to_message

FACTS = {"rectified": True, "model": "superpoint", "weights_sha256": "00ff"}


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    nodes: list[NodeProcess] = []

    def start(name: str, **parameters: object) -> NodeProcess:
        log = tmp_path_factory.mktemp("node") / f"{name}.log"
        topics = {
            f"{side}_{kind}": f"/{name}_input/{side}/{kind}" for side in SIDES for kind in ("features", "camera_info")
        }
        arguments = parameter_arguments({"policy": "every_frame", **topics, **parameters}, name)
        nodes.append(NodeProcess(log, arguments, "triangulate"))
        return nodes[-1]

    yield start
    statuses = [node.stop() for node in nodes]
    assert statuses == [0] * len(nodes), "\n".join(node.log() for node in nodes)


SIDES = ("left", "right")
HUGE = (250 * SIZE[0], 250 * SIZE[1])  # 19 GB of depth


class Triangulate:
    """A node with everything connected to it."""

    def __init__(self, probe: Probe, start, name: str, **parameters: object):
        self.node, self.probe, self.name = start(name, **parameters), probe, name
        self.features, self.infos = (
            [probe.publisher(kind, f"/{name}_input/{side}/{topic}") for side in SIDES]
            for kind, topic in ((FeaturesMessage, "features"), (CameraInfo, "camera_info"))
        )
        self.matches = probe.collect(Matches, f"/{name}/matches")
        self.sparse = probe.collect(Image, f"/{name}/sparse_depth")
        self.camera_infos = probe.collect(CameraInfo, f"/{name}/camera_info")
        self.reports = probe.collect_reports(name)

    def calibrate(self, *infos: CameraInfo) -> None:
        for publisher, info in zip(self.infos, infos, strict=True):
            publisher.publish(info)
        self.probe.meet(self.name)

    def send(self, stamp: int, left: Features, right: Features, **changes: Any) -> None:
        """A pair; changes are fields of the right message, stamp_right its stamp."""
        stamps = (stamp, changes.pop("stamp_right", stamp))
        messages = [
            features_to_message(features, header(number, f"{side}_optical"), side, np.arange(len(features)), **FACTS)
            for features, number, side in zip((left, right), stamps, SIDES, strict=True)
        ]
        for name, value in changes.items():
            setattr(messages[1], name, value)
        for publisher, message in zip(self.features, messages, strict=True):
            publisher.publish(message)

    def wait_for(self, count: int) -> None:
        self.probe.spin_until(
            lambda: min(map(len, (self.matches, self.sparse, self.camera_infos))) >= count,
            f"{count} pairs: {self.node.log()}",
        )

    def wait_for_report(self, key: str, value: str, side: str = "left") -> None:
        self.probe.spin_until(
            lambda: self.probe.statistics(self.reports, side).get(key) == value, f"{key} {value}: {self.node.log()}"
        )

    def wait_for_log(self, words: str) -> None:
        self.probe.spin_until(lambda: words in self.node.log(), f"'{words}' in {self.node.log()}")


def expected_sparse(points: StereoPoints) -> np.ndarray:
    return sparse_depth_from_points(points.left.xy, points.depth, SIZE)


def test_pairs_become_matches_and_sparse_depth_with_the_left_header(probe, start):
    node = Triangulate(probe, start, "plain")
    clouds = probe.collect(PointCloud2, "/plain/points")
    node.calibrate(camera_info(0.0), camera_info(BASELINE))
    pairs = [stereo_points(seed) for seed in range(3)]
    for number, points in enumerate(pairs):
        node.send(1000 + 100 * number, points.left, points.right)
    node.wait_for(3)
    probe.spin_until(lambda: len(clouds) >= 3, "three clouds")
    for number, points in enumerate(pairs):
        stamp = 1000 + 100 * number
        outputs = (node.sparse[number], node.camera_infos[number], clouds[number])
        assert [(milliseconds(message), message.header.frame_id) for message in outputs] == [
            (stamp, "left_optical")
        ] * 3
        matches = node.matches[number]
        assert [matches.header0.frame_id, matches.header1.frame_id] == ["left_optical", "right_optical"]
        assert [matches.camera0, matches.camera1] == ["left", "right"]
        np.testing.assert_array_equal(matches.index0, np.arange(len(points.left)))
        np.testing.assert_array_equal(matches.index1, points.order)
        np.testing.assert_array_equal(matches.track_id1, points.order)
        np.testing.assert_allclose(matches.distance, 0.0, atol=1e-3)
        sparse = node.sparse[number]
        assert (sparse.encoding, sparse.height, sparse.width) == ("32FC1", *SIZE)
        np.testing.assert_allclose(depth_image_to_array(sparse), expected_sparse(points), rtol=1e-3)
        cloud = np.frombuffer(clouds[number].data, "<f4").reshape(-1, 5)
        np.testing.assert_allclose(cloud[:, :3], lift(points.left.xy, points.depth, MATRIX), rtol=1e-3, atol=1e-3)
        np.testing.assert_array_equal(cloud[:, 3:], points.left.xy)
    assert [field.name for field in clouds[0].fields] == ["x", "y", "z", "u", "v"]
    node.wait_for_report("processed", "3")
    assert probe.statistics(node.reports, "left")["depths"] == str(sum(len(points.left) for points in pairs))


def test_a_given_pose_and_calibrations_of_larger_raw_images(probe, start):
    pose = f"[{BASELINE}, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]"
    node = Triangulate(probe, start, "raw", T_left_right=pose, slop=0.01, max_depth=2.5)
    node.calibrate(camera_info(0.0, 2.0), camera_info(0.0, 2.0))
    points = stereo_points(4)
    node.send(1000, points.left, points.right, stamp_right=1008, rectified=False)
    node.wait_for(1)
    expected = expected_sparse(points)
    expected[expected > 2.5] = np.nan
    np.testing.assert_allclose(depth_image_to_array(node.sparse[0]), expected, rtol=1e-3)
    info = node.camera_infos[0]
    assert (milliseconds(info), info.height, info.width) == (1000, *SIZE)
    np.testing.assert_allclose(np.reshape(info.k, (3, 3)), CAMERA.K)


def test_bad_input_is_counted_said_and_survived(probe, start):
    node = Triangulate(probe, start, "careful")
    points, empty = stereo_points(5), Features.empty(SIZE, 32)
    node.send(1000, points.left, points.right)
    node.wait_for_log("waiting for CameraInfo on /careful_input/left/camera_info and /careful_input/right/camera_info")
    node.calibrate(camera_info(0.0, k=np.zeros(9), p=np.zeros(12)), camera_info(BASELINE))
    node.send(1100, points.left, points.right)
    node.wait_for_log("/careful_input/left/camera_info is uncalibrated")
    node.calibrate(camera_info(0.0), camera_info(0.0))
    node.send(1200, points.left, points.right)
    node.wait_for_log("needs the pose between the cameras")
    node.calibrate(camera_info(0.0), camera_info(BASELINE, height=320))
    node.send(1300, points.left, points.right)
    node.wait_for_log("is for images of (height, width) (320, 320), not (240, 320)")
    node.calibrate(camera_info(0.0), camera_info(BASELINE))
    node.send(1400, points.left, points.right, weights_sha256="11ee")
    node.send(1500, points.left, points.right, descriptors=[])
    for publisher, info in zip(node.infos, (camera_info(0.0, 250.0), camera_info(BASELINE, 250.0)), strict=True):
        publisher.publish(info)
    probe.meet(node.name)
    node.send(1550, replace(points.left, image_size=HUGE), replace(points.right, image_size=HUGE))
    node.wait_for_report("skipped: size", "2")
    node.calibrate(camera_info(0.0), camera_info(BASELINE))
    node.send(1600, points.left, points.right, score=[])
    node.send(1700, points.left, empty)
    node.send(1800, points.right, points.left)
    node.send(1900, points.left, points.right)
    node.wait_for(3)
    assert [milliseconds(message) for message in node.sparse] == [1700, 1800, 1900]
    samples = [np.isfinite(depth_image_to_array(message)).sum() for message in node.sparse]
    assert samples == [0, 0, np.isfinite(expected_sparse(points)).sum()]
    assert [len(message.index0) for message in node.matches] == [0, 0, len(points.left)]
    node.wait_for_report("processed", "3")
    values = probe.statistics(node.reports, "left")
    counts = {
        "no CameraInfo": "1",
        "uncalibrated": "1",
        "no baseline": "1",
        "size": "2",
        "weights": "1",
        "no descriptors": "1",
        "features": "1",
    }
    assert {name: values[f"skipped: {name}"] for name in counts} == counts
    assert (values["without_depth"], values["skipped"]) == ("2", "8")
    assert "both need the same weights" in node.node.log()
    assert "no depth from" in node.node.log()


def test_a_missing_partner_is_told_with_both_rates(probe, start):
    node = Triangulate(probe, start, "alone", queue_size=2)
    node.calibrate(camera_info(0.0), camera_info(BASELINE))
    points = stereo_points(6)
    for number in range(4):
        node.send(1000 + 100 * number, points.left, points.right, stamp_right=1050 + 100 * number)
    node.wait_for_log("found no partner within 0 s")
    node.wait_for_report("without_partner", "2")
    node.wait_for_report("without_partner", "2", "right")
    warning = next(line for line in node.node.log().splitlines() if "found no partner" in line)
    assert "left (/alone_input/left/features, " in warning
    assert "right (/alone_input/right/features, " in warning
    assert warning.count(" Hz)") == 2
    node.send(2000, points.left, points.right)
    node.wait_for(1)
    assert milliseconds(node.sparse[0]) == 2000


def test_parameters_can_be_changed_and_bad_ones_are_refused(probe, start, tmp_path):
    node = Triangulate(probe, start, "asked")
    node.calibrate(camera_info(0.0), camera_info(BASELINE))
    assert not probe.set_parameter("asked", "max_reprojection_error", 0.0).successful
    assert probe.set_parameter("asked", "min_depth", 2.0).successful
    points = stereo_points(7)
    node.send(1000, points.left, points.right)
    node.wait_for(1)
    assert len(node.matches[0].index0) == (points.depth >= 2.0).sum()
    arguments = parameter_arguments({"T_left_right": "[0.1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]"}, "wrong")
    wrong = NodeProcess(tmp_path / "log", arguments, "triangulate")
    assert wrong.process.wait(60) == 1
    assert "quaternion not zero" in wrong.log()


def test_every_report_balances_and_resets_are_counted(probe, start):
    node = Triangulate(probe, start, "balanced", queue_size=3)
    node.calibrate(camera_info(0.0), camera_info(BASELINE))
    points = stereo_points(8)
    for number in range(6):
        node.send(1000 + 100 * number, points.left, points.right, stamp_right=1000 + 100 * number + 50 * (number % 2))
    node.send(500, points.left, points.right)
    node.wait_for_report("resets", "1")
    node.wait_for_report("waiting", "0")
    lines = [status for report in node.reports for status in report.status if not status.name.endswith("node state")]
    assert len(lines) >= 2
    for line in lines:
        values = {pair.key: int(pair.value) for pair in line.values if pair.value.isdigit()}
        assert values["received"] == values["paired"] + values["without_partner"] + values["waiting_for_partner"]
        assert values["paired"] == values["processed"] + values["dropped"] + values["skipped"] + values["waiting"]

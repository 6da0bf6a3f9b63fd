"""The densify node's program in its own process, over real DDS; its depth is compared with the library's."""

from __future__ import annotations

from array import array

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from ros_probe import NodeProcess, Probe, header, milliseconds, parameter_arguments, texture
from seeded import seeded_d3_file
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, PointCloud2, PointField
from shared_data import shared_data

from superpoint_ros.core.sampling_patterns import sample_depth
from superpoint_ros.evaluation.datasets.folders import read_folder
from superpoint_ros.inference.densifier import Densifier
from superpoint_ros.ros.conversions import array_to_image
from superpoint_ros.ros.depth_conversions import array_to_depth_image, depth_image_to_array

SIZE = (48, 64)
MATRIX = np.array([[50.0, 0, 31.5], [0, 50.0, 23.5], [0, 0, 1]])
PROJECTION = np.array([[100.0, 0, 63.5, 0], [0, 100.0, 47.5, 0], [0, 0, 1, 0]])
INFO = CameraInfo(height=96, width=128, k=PROJECTION[:, :3].ravel(), p=PROJECTION.ravel())  # of twice SIZE


def sparse_depth(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    sparse = np.full(SIZE, np.nan, np.float32)
    sparse.ravel()[rng.choice(sparse.size, 40, replace=False)] = rng.uniform(1, 4, 40)
    return sparse


def image(seed: int) -> np.ndarray:
    return np.dstack([texture(seed + channel, SIZE) for channel in range(3)])


@pytest.fixture(scope="module")
def d3(tmp_path_factory):
    return seeded_d3_file(tmp_path_factory.mktemp("d3"))


@pytest.fixture(scope="module")
def start(d3, tmp_path_factory):
    nodes: list[NodeProcess] = []

    def start(name: str, **parameters: object) -> NodeProcess:
        log = tmp_path_factory.mktemp("node") / f"{name}.log"
        topics = {"image_topic": f"/{name}_input/image", "sparse_topic": f"/{name}_input/sparse"}
        arguments = parameter_arguments({"weights": d3, "policy": "every_frame", **topics, **parameters}, name)
        nodes.append(NodeProcess(log, arguments, "densify_node"))
        return nodes[-1]

    yield start
    statuses = [node.stop() for node in nodes]
    assert statuses == [0] * len(nodes), "\n".join(node.log() for node in nodes)


class Densify:
    """A node with everything connected to it."""

    def __init__(
        self, probe: Probe, start, name: str, sparse_type: type = Image, image_type: type = Image, **parameters: object
    ):
        self.node, self.probe = start(name, **parameters), probe
        self.image = probe.publisher(image_type, f"/{name}_input/image")
        self.sparse = probe.publisher(sparse_type, f"/{name}_input/sparse")
        self.info = probe.publisher(CameraInfo, f"/{name}_input/camera_info")
        self.depth = probe.collect(Image, f"/{name}/depth")
        self.confidence = probe.collect(Image, f"/{name}/confidence")
        self.infos = probe.collect(CameraInfo, f"/{name}/camera_info")
        self.reports = probe.collect(DiagnosticArray, f"/{name}/statistics")

    def wait_for(self, count: int) -> None:
        self.probe.spin_until(lambda: len(self.depth) >= count and len(self.confidence) >= count, f"{count} depths")

    def wait_for_report(self, key: str, value: str, name: str = "image") -> None:
        self.probe.spin_until(
            lambda: self.probe.statistics(self.reports, name).get(key) == value, f"{key} {value}: {self.node.log()}"
        )


def test_every_pair_becomes_the_library_s_depth_with_the_image_s_header(probe, start, d3):
    node = Densify(probe, start, "densify")
    node.info.publish(INFO)
    for number in range(4):
        stamp = header(1000 + 100 * number, "camera_optical")
        node.sparse.publish(array_to_depth_image(sparse_depth(number), header(1000 + 100 * number, "other")))
        node.image.publish(array_to_image(image(number), stamp))
    node.wait_for(4)
    assert [milliseconds(message) for message in node.depth] == [1000, 1100, 1200, 1300]
    assert {message.header.frame_id for message in (*node.depth, *node.confidence)} == {"camera_optical"}
    densifier = Densifier(d3, device="cpu")
    for number, (depth, confidence) in enumerate(zip(node.depth, node.confidence, strict=True)):
        expected = densifier.densify(image(number), sparse_depth(number), color="bgr")
        np.testing.assert_allclose(depth_image_to_array(depth), expected.depth, rtol=1e-3)
        np.testing.assert_allclose(depth_image_to_array(confidence), expected.confidence, atol=1e-3)


def test_pairs_that_cannot_be_used_are_counted_and_the_node_goes_on(probe, start):
    node = Densify(probe, start, "careful", encoding="16UC1", min_confidence=1.0, without_samples="skip")
    small = np.ones((10, 12), np.float32)
    for number, sparse in enumerate((small, np.zeros(SIZE, np.float32), sparse_depth(0))):
        node.sparse.publish(array_to_depth_image(sparse, header(1000 + 100 * number)))
        node.image.publish(array_to_image(image(0), header(1000 + 100 * number)))
    node.image.publish(array_to_image(image(0), header(1300)))
    node.sparse.publish(array_to_depth_image(sparse_depth(0), header(1400)))
    node.image.publish(array_to_image(image(0), header(1400)))
    node.wait_for(2)
    assert [milliseconds(message) for message in node.depth] == [1200, 1400]
    assert node.depth[0].encoding == "16UC1"
    assert (depth_image_to_array(node.depth[0]) == 0).all()
    node.wait_for_report("without_partner", "1")
    values = probe.statistics(node.reports, "image")
    assert (values["skipped: size"], values["skipped: no samples"]) == ("1", "1")
    node.probe.spin_until(lambda: "found no partner" in node.node.log(), "the warning of a miss")
    assert "they must be equal" in node.node.log()


def cloud(points: np.ndarray, stamp) -> PointCloud2:
    fields = [PointField(name=n, offset=4 * i, datatype=PointField.FLOAT32, count=1) for i, n in enumerate("xyz")]
    data = array("B", points.astype("<f4").tobytes())
    return PointCloud2(
        header=stamp, height=1, width=len(points), fields=fields, point_step=12, row_step=12 * len(points), data=data
    )


def test_a_point_cloud_waits_for_camera_info_and_is_projected_through_the_extrinsic(probe, start, d3):
    extrinsic = "[0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]"
    node = Densify(probe, start, "cloud", PointCloud2, source="point_cloud", extrinsic=extrinsic, slop=0.02)
    row, column = np.nonzero(np.isfinite(sparse := sparse_depth(3)))
    depth = sparse[row, column]
    points = np.column_stack([(column - 31.5) / 50 * depth, (row - 23.5) / 50 * depth, depth - 1.0])
    node.sparse.publish(cloud(points, header(990)))
    node.image.publish(array_to_image(image(3), header(1000)))
    node.wait_for_report("skipped: no CameraInfo", "1")
    assert "waiting for CameraInfo on /cloud_input/camera_info" in node.node.log()
    node.info.publish(INFO)
    node.probe.spin_for(0.5)
    node.sparse.publish(cloud(points, header(1990)))
    node.image.publish(array_to_image(image(3), header(2000)))
    node.wait_for(1)
    assert milliseconds(node.depth[0]) == 2000
    expected = Densifier(d3, device="cpu").densify(image(3), sparse, color="bgr")
    np.testing.assert_allclose(depth_image_to_array(node.depth[0]), expected.depth, rtol=1e-3)
    node.probe.spin_until(lambda: 2000 in map(milliseconds, node.infos), "the CameraInfo of the depth")
    scaled = node.infos[[milliseconds(info) for info in node.infos].index(2000)]
    assert (scaled.height, scaled.width) == SIZE
    np.testing.assert_allclose(np.reshape(scaled.k, (3, 3)), MATRIX)


def test_a_real_sequence_goes_through(probe, start):
    """Compressed images and sparse millimetres of a depth camera: stamps, calibration and masking are kept."""
    root = shared_data("rgbd/kitchen_7scenes_a")
    frames = read_folder(root)[:3]
    node = Densify(
        probe, start, "real", transport="compressed", image_type=CompressedImage, working_side=160, farthest=2.0
    )
    matrix = frames[0].camera.matrix
    projection = np.column_stack([matrix, np.zeros(3)])
    node.info.publish(CameraInfo(height=480, width=640, k=matrix.ravel(), p=projection.ravel()))
    probe.spin_for(0.5)
    for number, frame in enumerate(frames):
        sparse = sample_depth(frame.depth(), "uniform", 600, np.random.default_rng(number))
        data = array("B", (root / "rgb" / f"{frame.name}.jpg").read_bytes())
        node.sparse.publish(array_to_depth_image(sparse, header(100 * number + 100), "16UC1"))
        node.image.publish(CompressedImage(header=header(100 * number + 100), format="jpeg", data=data))
    node.wait_for(3)
    node.probe.spin_until(lambda: len(node.infos) >= 3, "three calibrations")
    stamps = [100, 200, 300]
    assert [milliseconds(message) for message in node.depth] == stamps
    assert [milliseconds(message) for message in node.confidence] == stamps
    for depth in map(depth_image_to_array, node.depth):
        assert depth.shape == (480, 640)
        assert np.nanmax(depth) <= 2.0
        assert 0.0 < np.isnan(depth).mean() < 1.0


def test_a_bad_parameter_is_refused_with_a_reason(probe, start, tmp_path):
    node = Densify(probe, start, "asked")
    assert probe.set_parameter("asked", "min_confidence", 0.5).successful
    assert not probe.set_parameter("asked", "min_confidence", 1.5).successful
    assert "not one of" in probe.set_parameter("asked", "without_samples", "guess").reason
    wrong = NodeProcess(
        tmp_path / "log", parameter_arguments({"weights": tmp_path / "none.safetensors"}), "densify_node"
    )
    assert wrong.process.wait(60) == 1
    assert "no such file" in wrong.log()
    assert node.node.process.poll() is None

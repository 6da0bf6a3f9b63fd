"""The densify node's program in its own process, over real DDS; its depth is compared with the library's."""

from __future__ import annotations

from array import array

import numpy as np
import pytest
from helpers.ros_densify import INFO, MATRIX, SIZE, Densify, color_image, sparse_depth
from helpers.ros_probe import NodeProcess, header, milliseconds, parameter_arguments
from helpers.shared_data import shared_data
from sensor_msgs.msg import CameraInfo, CompressedImage

from superpoint_ros.core.sampling_patterns import sample_depth
from superpoint_ros.evaluation.datasets.folders import read_folder
from superpoint_ros.inference.densifier import Densifier, DensifierOptions
from superpoint_ros.ros.messages.depth import array_to_depth_image, depth_image_to_array
from superpoint_ros.ros.messages.images import array_to_image


def test_every_pair_becomes_the_library_s_depth_with_the_image_s_header(probe, start_densify, d3):
    node = Densify(probe, start_densify, "densify")
    node.info.publish(INFO)
    for number in range(4):
        stamp = header(1000 + 100 * number, "camera_optical")
        node.sparse.publish(array_to_depth_image(sparse_depth(number), header(1000 + 100 * number, "other")))
        node.image.publish(array_to_image(color_image(number), stamp))
    node.wait_for(4)
    assert [milliseconds(message) for message in node.depth] == [1000, 1100, 1200, 1300]
    assert {message.header.frame_id for message in (*node.depth, *node.confidence)} == {"camera_optical"}
    densifier = Densifier(d3, device="cpu")
    for number, (depth, confidence) in enumerate(zip(node.depth, node.confidence, strict=True)):
        expected = densifier.densify(color_image(number), sparse_depth(number), color="bgr")
        np.testing.assert_allclose(depth_image_to_array(depth), expected.depth, rtol=1e-3)
        np.testing.assert_allclose(depth_image_to_array(confidence), expected.confidence, atol=1e-3)
    probe.spin_until(lambda: node.infos, "a CameraInfo")
    assert (node.infos[0].height, node.infos[0].width) == SIZE
    np.testing.assert_allclose(np.reshape(node.infos[0].k, (3, 3)), MATRIX)


@pytest.fixture(scope="module")
def strict(probe, start_densify):
    """Publishes NaN where there is no sample or not the highest trust."""
    return Densify(probe, start_densify, "strict", on_empty_input="empty", min_confidence=1.0)


def test_depth_of_too_little_confidence_is_nan_and_all_of_it_without_samples(strict):
    for stamp, sparse in ((1000, sparse_depth(0)), (1100, np.zeros(SIZE, np.float32))):
        strict.send(stamp, sparse)
    strict.wait_for(2)
    depth, confidence = (
        [depth_image_to_array(message) for message in messages[:2]] for messages in (strict.depth, strict.confidence)
    )
    assert (confidence[0] < 1).any()
    np.testing.assert_array_equal(np.isnan(depth[0]), confidence[0] < 1)
    assert np.isnan(depth[1]).all()
    assert (confidence[1] == 0).all()


def test_messages_without_partner_are_counted_and_said_with_the_topics_rates(strict):
    strict.image.publish(array_to_image(color_image(0), header(2300)))
    strict.send(2400, sparse_depth(0))
    strict.wait_for_report("without_partner", "1")
    strict.wait_for_words("found no partner within 0 s")


def test_a_limit_of_the_rate_that_is_lifted_lets_the_next_image_through(probe, start_densify):
    node = Densify(probe, start_densify, "limited", max_rate=0.001)
    for stamp in (1000, 1100):
        node.send(stamp, sparse_depth(0))
    node.wait_for_report("rate_limited", "1")
    assert probe.set_parameter("limited", "max_rate", 0.0).successful
    node.send(1200, sparse_depth(0))
    node.wait_for(2)
    assert [milliseconds(message) for message in node.depth] == [1000, 1200]
    assert probe.set_parameter("limited", "max_rate", 0.001).successful
    node.send(1300, sparse_depth(0))
    node.wait_for_report("rate_limited", "2")


def test_a_real_sequence_goes_through(probe, start_densify, d3):
    """Compressed images and sparse millimeters of a depth camera: stamps, calibration and masking are kept."""
    root = shared_data("rgbd/kitchen_7scenes_a")
    frames = read_folder(root)[:3]
    sparse = [sample_depth(one.depth(), "uniform", 600, np.random.default_rng(i)) for i, one in enumerate(frames)]
    known = Densifier(d3, device="cpu", options=DensifierOptions(max_image_size=160)).densify(
        frames[0].image(), sparse[0]
    )
    median = float(np.median(known.confidence))
    options = {"transport": "compressed", "max_image_size": 160, "min_confidence": median}
    node = Densify(probe, start_densify, "real", image_type=CompressedImage, **options)
    matrix = frames[0].camera.K
    projection = np.column_stack([matrix, np.zeros(3)])
    node.info.publish(CameraInfo(height=480, width=640, k=matrix.ravel(), p=projection.ravel()))
    probe.meet("real")
    for number, frame in enumerate(frames):
        stamp = header(100 * number + 100, "kitchen")
        node.sparse.publish(array_to_depth_image(sparse[number], stamp, "16UC1"))
        data = array("B", (root / "rgb" / f"{frame.name}.jpg").read_bytes())
        node.image.publish(CompressedImage(header=stamp, format="jpeg", data=data))
    node.wait_for(3)
    node.probe.spin_until(lambda: len(node.infos) >= 3, "three calibrations")
    outputs = (*node.depth, *node.confidence, *node.infos)
    assert [milliseconds(message) for message in outputs] == 3 * [100, 200, 300]
    assert {message.header.frame_id for message in outputs} == {"kitchen"}
    for depth, confidence, info in zip(node.depth, node.confidence, node.infos, strict=True):
        trusted = depth_image_to_array(confidence) >= median
        assert trusted.shape == (480, 640) == (info.height, info.width)
        assert 0.1 < trusted.mean() < 0.9
        np.testing.assert_array_equal(np.isfinite(depth_image_to_array(depth)), trusted)
        np.testing.assert_array_equal(np.reshape(info.k, (3, 3)), matrix)


def test_a_bad_parameter_is_refused_with_a_reason(probe, strict, tmp_path):
    assert probe.set_parameter("strict", "min_confidence", 0.5).successful
    assert not probe.set_parameter("strict", "min_confidence", 1.5).successful
    assert "read-only" in probe.set_parameter("strict", "on_empty_input", "skip").reason
    wrong = NodeProcess(tmp_path / "log", parameter_arguments({"weights": tmp_path / "none.safetensors"}), "densify")
    assert wrong.process.wait(300) == 1
    assert "no such file" in wrong.log()
    assert strict.node.process.poll() is None

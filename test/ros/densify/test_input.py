"""What the densify node makes of bad and unusual sparse depth, over real DDS: each is said, counted and survived."""

from __future__ import annotations

from itertools import count

import numpy as np
import pytest
from helpers.ros_densify import INFO, SIZE, Densify, cloud, color_image, seen_points, sparse_depth
from helpers.ros_probe import header, milliseconds
from sensor_msgs.msg import Image, PointCloud2

from superpoint_ros.core.sparse_depth import resize_sparse_depth
from superpoint_ros.inference.densifier import Densifier, DensifierOptions
from superpoint_ros.ros.messages.depth import array_to_depth_image, depth_image_to_array

STAMPS = count(1000, 100)


@pytest.fixture(scope="module")
def densifier(d3):
    return Densifier(d3, device="cpu", options=DensifierOptions(fallback_depth=2.0))


@pytest.fixture(scope="module")
def depths(probe, start_densify):
    """Reads depth images; guesses where there is no sample."""
    return Densify(probe, start_densify, "depths", on_empty_input="guess", fallback_depth=2.0)


@pytest.fixture(scope="module")
def clouds(probe, start_densify):
    """Reads point clouds; the frames say where they are."""
    node = Densify(probe, start_densify, "clouds", PointCloud2, source="point_cloud", slop=0.02)
    node.send(500, cloud(np.ones((1, 3)), header(500)))
    node.wait_for_report("skipped: no CameraInfo", "1")
    node.info.publish(INFO)
    probe.meet("clouds")
    return node


@pytest.fixture(scope="module")
def features(probe, start_densify):
    """Reads features with 3-D, whose frame is one meter in front of the camera's; publishes millimeters."""
    options = {"source": "feature_cloud", "T_camera_cloud": "[0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]", "encoding": "16UC1"}
    return Densify(probe, start_densify, "features", PointCloud2, **options)


def answer(
    node: Densify, sparse: np.ndarray | Image | PointCloud2, stamp: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The depth and confidence that come back for the image of seed 0, (H, W) each; its stamp is checked."""
    stamp = next(STAMPS) if stamp is None else stamp
    seen = len(node.depth)
    node.send(stamp, sparse)
    node.wait_for(seen + 1)
    assert milliseconds(node.depth[-1]) == milliseconds(node.confidence[-1]) == stamp
    return depth_image_to_array(node.depth[-1]), depth_image_to_array(node.confidence[-1])


def assert_densified(depth: np.ndarray, densifier: Densifier, sparse: np.ndarray) -> None:
    expected = densifier.densify(color_image(0), sparse, color="bgr").depth
    np.testing.assert_allclose(depth, expected, rtol=1e-3, atol=1e-3)


def test_depth_in_millimeters_that_says_meters_is_used_with_a_hint(depths, densifier):
    sparse = sparse_depth(0) * np.float32(1000)
    assert_densified(answer(depths, sparse)[0], densifier, sparse)
    depths.wait_for_words("/depths_input/sparse: median sample depth is")
    depths.wait_for_words("divide them by 1000")


def test_points_in_kilometers_are_used_with_a_hint(clouds, densifier):
    sparse = sparse_depth(0) * np.float32(1e-3)
    depth, _ = answer(clouds, cloud(seen_points(sparse)[:, 2:], header(1000)), 1000)
    assert_densified(1e3 * depth, densifier, 1e3 * sparse)
    clouds.wait_for_words("kilometers or inverse")


def test_negative_and_infinite_samples_are_dropped_and_counted(depths, densifier):
    good = sparse_depth(1)
    bad = good.copy()
    bad[0, :3] = -1.0, np.inf, -np.inf
    good[0, :3] = np.nan
    assert_densified(answer(depths, bad)[0], densifier, good)
    depths.wait_for_report("samples_dropped", "3", "sparse depth")
    depths.wait_for_words("3 negative or infinite samples dropped")


def test_samples_of_another_size_are_moved_where_the_aspect_ratio_is_the_image_s(depths, densifier):
    large = np.full((96, 128), np.nan, np.float32)
    large[::16, ::16] = np.linspace(1, 3, 48, dtype=np.float32).reshape(6, 8)
    assert_densified(answer(depths, large)[0], densifier, resize_sparse_depth(large, SIZE))
    depths.wait_for_report("resized", "1", "sparse depth")
    depths.wait_for_words("samples of 128x96 are moved to the image's 64x48")


def test_samples_of_another_shape_are_refused(depths):
    depths.send(next(STAMPS), np.ones((48, 48), np.float32))
    depths.wait_for_report("skipped: size", "1")
    depths.wait_for_words("sparse depth of 48x48 for an image of 64x48")


@pytest.mark.parametrize("empty", [0.0, np.nan])
def test_without_samples_a_guess_without_confidence(depths, densifier, empty):
    sparse = np.full(SIZE, empty, np.float32)
    depth, confidence = answer(depths, sparse)
    assert_densified(depth, densifier, sparse)
    assert np.isfinite(depth).all()
    assert (confidence == 0).all()


def test_a_depth_image_of_another_encoding_is_refused(depths):
    stamp = next(STAMPS)
    depths.send(stamp, Image(header=header(stamp), height=48, width=64, encoding="rgb8", step=192))
    depths.wait_for_report("skipped: encoding", "1")
    depths.wait_for_words("depth encoding 'rgb8' is not one of 32FC1")


def test_a_cloud_in_the_image_s_frame_waits_for_camera_info_alone(clouds, densifier):
    assert "waiting for CameraInfo on /clouds_input/camera_info" in clouds.node.log()
    sparse = sparse_depth(3)
    depth, _ = answer(clouds, cloud(seen_points(sparse)[:, 2:], header(1990)), 2000)
    assert_densified(depth, densifier, sparse)


def test_a_cloud_whose_place_nobody_knows_is_refused_with_the_cure(clouds):
    clouds.send(3000, cloud(seen_points(sparse_depth(3))[:, 2:], header(3000, "lidar")))
    clouds.wait_for_report("skipped: no transform", "1")
    clouds.wait_for_words("points in frame 'lidar', image in frame 'optical'")
    assert "the parameter T_camera_cloud" in clouds.node.log()


@pytest.mark.parametrize(
    ("points", "words"),
    [(np.zeros((0, 3)), "holds no sample"), (np.array([[0, 0, -2.0], [90.0, 0, 1]]), "none of 2 points is seen")],
)
def test_a_cloud_without_points_in_the_image_gives_no_depth(clouds, points, words):
    before = int(clouds.probe.statistics(clouds.reports, "image").get("skipped: no samples", 0))
    stamp = next(STAMPS) + 10_000
    clouds.send(stamp, cloud(points, header(stamp)))
    clouds.wait_for_report("skipped: no samples", str(before + 1))
    clouds.wait_for_words(words)


def test_features_with_3d_need_no_calibration_and_stay_on_their_pixels(features, densifier):
    sparse = sparse_depth(4)
    columns = seen_points(sparse) - [0, 0, 0, 0, 1]
    assert_densified(answer(features, cloud(columns, header(1000), "uvxyz"), 1000)[0], densifier, sparse)


def test_features_behind_the_camera_are_dropped_and_counted(features, densifier):
    sparse = sparse_depth(5)
    columns = np.vstack([seen_points(sparse) - [0, 0, 0, 0, 1], [[5, 5, 0, 0, -3], [6, 6, 0, 0, np.nan]]])
    assert_densified(answer(features, cloud(columns, header(2000), "uvxyz"), 2000)[0], densifier, sparse)
    features.wait_for_report("samples_dropped", "1", "sparse depth")
    features.wait_for_words("1 features behind the camera dropped")


def test_a_cloud_without_pixels_is_no_feature_cloud(features):
    features.send(3000, cloud(seen_points(sparse_depth(4))[:, 2:], header(3000)))
    features.wait_for_report("skipped: fields", "1")
    features.wait_for_words("point cloud with fields x, y, z; needs float u, v, x, y, z")


def test_depth_in_millimeters_that_says_so_is_read(depths, densifier):
    sparse = np.round(sparse_depth(6), 3)
    stamp = next(STAMPS)
    depth, _ = answer(depths, array_to_depth_image(sparse, header(stamp), "16UC1"), stamp)
    assert_densified(depth, densifier, sparse)

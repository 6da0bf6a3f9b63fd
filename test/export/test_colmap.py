"""The database is read back by its documentation, and by COLMAP itself where that is installed."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pytest
from helpers.exports import FISHEYE, PLUMB_BOB, exported

from superpoint_ros.core.camera import Camera
from superpoint_ros.core.errors import CalibrationError
from superpoint_ros.export.colmap import colmap_camera, write_colmap_database

MAX_IMAGE_ID = 2147483647


@pytest.fixture
def written(tmp_path: Path):
    content = exported([PLUMB_BOB, PLUMB_BOB, None])
    write_colmap_database(tmp_path / "database.db", *content)
    return tmp_path / "database.db", *content


def array(data: bytes, dtype: str, *shape: int) -> np.ndarray:
    return np.frombuffer(data, dtype).reshape(shape)


def test_the_tables_by_their_documentation(written):
    path, images, pairs = written
    database = sqlite3.connect(path)
    assert database.execute("SELECT image_id, name, camera_id FROM images ORDER BY image_id").fetchall() == [
        (1, "0.png", 1), (2, "1.png", 1), (3, "2.png", 2),
    ]  # fmt: skip
    cameras = database.execute("SELECT model, width, height, params, prior_focal_length FROM cameras").fetchall()
    assert [(model, width, height, prior) for model, width, height, _, prior in cameras] == [
        (6, 320, 240, 1), (2, 320, 240, 0),
    ]  # fmt: skip
    full_opencv = [300, 310, 160, 120, 0.1, -0.2, 0.001, 0.002, 0.05, 0, 0, 0]
    np.testing.assert_array_equal(array(cameras[0][3], "<f8", 12), full_opencv)
    np.testing.assert_array_equal(array(cameras[1][3], "<f8", 4), [1.2 * 320, 160, 120, 0])
    for image_id, rows, columns, data in database.execute("SELECT * FROM keypoints"):
        np.testing.assert_array_equal(array(data, "<f4", rows, columns), images[image_id - 1].features.xy + 0.5)
    found = {
        (key // MAX_IMAGE_ID, key % MAX_IMAGE_ID): array(data, "<u4", rows, columns)
        for key, rows, columns, data in database.execute("SELECT * FROM matches")
    }
    assert set(found) == {(1, 2), (1, 3), (2, 3)}
    for pair in pairs:
        rows = found[pair.image0 + 1, pair.image1 + 1]
        np.testing.assert_array_equal(rows, np.column_stack([pair.matches.index0, pair.matches.index1]))


def test_geometries_hold_the_inliers_and_matrices_of_colmaps_pixels(written):
    path, images, pairs = written
    rows = sqlite3.connect(path).execute("SELECT rows, data, config, F, E FROM two_view_geometries ORDER BY pair_id")
    for pair, (count, data, config, fundamental, essential) in zip(pairs, rows, strict=True):
        assert pair.geometry is not None
        index0, index1 = array(data, "<u4", count, 2).T
        assert count == pair.geometry.inliers.sum()
        xy0, xy1 = (images[n].features.xy[i] for n, i in ((pair.image0, index0), (pair.image1, index1)))
        if pair.image1 == 2:
            assert config == 3
            matrix, x0, x1, tolerance = array(fundamental, "<f8", 3, 3), xy0 + 0.5, xy1 + 0.5, 1.0
        else:
            assert config == 2
            matrix, tolerance = array(essential, "<f8", 3, 3), 1.0 / 300
            x0, x1 = PLUMB_BOB.normalize(xy0), PLUMB_BOB.normalize(xy1)
        lines = np.column_stack([x0, np.ones(count)]) @ matrix.T
        distances = np.abs(np.sum(lines * np.column_stack([x1, np.ones(count)]), axis=1))
        assert np.median(distances / np.linalg.norm(lines[:, :2], axis=1)) < tolerance


def test_an_earlier_database_is_replaced(written):
    path, images, _ = written
    write_colmap_database(path, images[:1], [])
    database = sqlite3.connect(path)
    assert [database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("images", "matches")] == [
        1,
        0,
    ]
    assert [entry.name for entry in path.parent.iterdir()] == ["database.db"]


@pytest.mark.parametrize(
    ("distortion", "model", "count"), [([], 1, 4), ([0.0] * 5, 1, 4), ([0.1, 0.2], 4, 8), ([0.1] * 8, 6, 12)]
)
def test_the_smallest_model_that_has_the_coefficients(distortion, model, count):
    camera = Camera(PLUMB_BOB.K, np.array(distortion + [0.0] * (4 - len(distortion))), (240, 320))
    converted = colmap_camera(camera, (240, 320))
    assert (converted.model, len(converted.params)) == (model, count)
    assert converted.params[2:4] == (160.0, 120.0)


def test_a_fisheye_lens_and_one_that_colmap_has_not():
    assert colmap_camera(FISHEYE, (240, 320)).model == 5
    assert colmap_camera(FISHEYE, (240, 320)).params[4:] == (0.1, 0.01, -0.02, 0.003)
    with pytest.raises(CalibrationError, match="undistort the images first"):
        colmap_camera(Camera(PLUMB_BOB.K, np.full(12, 0.01), (240, 320)), (240, 320))


def test_a_skew_that_colmap_has_no_model_of_is_refused():
    with pytest.raises(CalibrationError, match=r"no model of a skew, K\[0, 1\] = 2: undistort the images first"):
        colmap_camera(Camera(PLUMB_BOB.K + 2 * np.eye(3, k=1) * [[1], [0], [0]], np.zeros(0), (240, 320)), (240, 320))


def test_colmap_reads_the_same(written):
    pycolmap = pytest.importorskip("pycolmap", reason="the extra [examples] brings COLMAP")
    path, images, pairs = written
    database = pycolmap.Database.open(path)
    camera = database.read_camera(1)
    assert (camera.model.name, camera.width, camera.height) == ("FULL_OPENCV", 320, 240)
    points = np.column_stack([images[0].features.xy, np.ones(len(images[0].features))])[:, :2]
    np.testing.assert_allclose(camera.cam_from_img(points + 0.5), PLUMB_BOB.normalize(points), atol=1e-5)
    keypoints = database.read_keypoints(2)[:, :2]
    np.testing.assert_array_equal(keypoints, images[1].features.xy + 0.5)
    expected = np.column_stack([pairs[1].matches.index0, pairs[1].matches.index1])
    np.testing.assert_array_equal(database.read_matches(1, 3), expected)
    geometry = database.read_two_view_geometry(1, 2)
    assert len(geometry.inlier_matches) == pairs[0].geometry.inliers.sum()
    np.testing.assert_allclose(geometry.E, pairs[0].geometry.essential)

import csv

import numpy as np
import pytest

from superpoint_ros.cli.report import RunRecord, answer_rows, follow_rows, print_table, reprojection_errors, stage_rows
from superpoint_ros.cli.sources import GroundTruth
from superpoint_ros.core.tracker import Tracker
from superpoint_ros.core.types import Features
from superpoint_ros.evaluation.sequences.track_metrics import Track

INTRINSICS = np.array([[100.0, 0, 50], [0, 100.0, 40], [0, 0, 1]])


def truth(frames=3):
    """A wall at 2 m; the camera moves 0.1 m to the right per frame, so points move 5 px to the left."""
    poses = np.tile(np.eye(4), (frames, 1, 1))
    poses[:, 0, 3] = 0.1 * np.arange(frames)
    return GroundTruth([np.full((80, 100), 2.0, np.float32)] * frames, poses, INTRINSICS)


def features(points):
    descriptors = np.eye(len(points), 8, dtype=np.float32)
    return Features(np.array(points, np.float32), np.ones(len(points), np.float32), descriptors, (80, 100))


@pytest.fixture
def record():
    """Three points: two on the wall, one that stands still in the image."""
    tracker, record = Tracker(), RunRecord()
    for frame in range(3):
        points = [[60 - 5 * frame, 20], [80 - 5 * frame, 50], [30, 30]]
        record.add(1000 * frame, tracker.update(features(points)))
    return record


def test_drops_are_summed_over_the_inputs():
    image = {"dropped": "1", "lost": "0", "skipped": "2", "received": "9"}
    rows = dict(answer_rows(9, 6, [image, image | {"dropped": "0", "without_partner": "3"}]))
    assert (rows["frames in"], rows["frames out"]) == ("9", "6")
    assert rows["drops"] == "1 dropped, 0 lost, 4 skipped, 3 without partner"
    assert dict(answer_rows(9, 0, [{}]))["drops"] == "not reported"


def test_errors_of_a_perfect_and_of_a_drifting_track():
    perfect = Track(np.array([0, 1, 2]), np.array([[60, 20], [55, 20], [50, 20]], np.float32))
    drifting = Track(np.array([0, 2]), np.array([[60, 20], [52, 21]], np.float32))
    np.testing.assert_allclose(reprojection_errors([perfect], truth(), from_first=True), [0, 0], atol=1e-5)
    np.testing.assert_allclose(reprojection_errors([drifting], truth(), from_first=True), [np.sqrt(5)], rtol=1e-5)


def test_drift_counts_from_the_first_sighting():
    slipping = Track(np.array([0, 1, 2]), np.array([[60, 20], [56, 20], [52, 20]], np.float32))
    np.testing.assert_allclose(reprojection_errors([slipping], truth(), from_first=False), [1, 1], atol=1e-5)
    np.testing.assert_allclose(reprojection_errors([slipping], truth(), from_first=True), [1, 2], atol=1e-5)


def test_a_point_behind_the_camera_is_infinitely_wrong():
    beyond = truth(2)
    beyond.poses[1, 2, 3] = 5.0
    track = Track(np.array([0, 1]), np.array([[60, 20], [60, 20]], np.float32))
    assert np.isinf(reprojection_errors([track], beyond, from_first=True)).all()


def test_keypoints_between_pixels_at_the_very_edge():
    at_corner = Track(np.array([0, 1]), np.array([[99.4, 79.4], [94.4, 79.4]], np.float32))
    np.testing.assert_allclose(reprojection_errors([at_corner], truth(2), from_first=True), [0], atol=1e-4)
    beyond = Track(np.array([0, 1]), np.array([[99.6, 79.6], [94.6, 79.6]], np.float32))
    np.testing.assert_allclose(reprojection_errors([beyond], truth(2), from_first=True), [0], atol=1e-4)


def test_shares_that_follow(record):
    rows = dict(follow_rows(record, truth()))
    assert rows["follow the scene since the image before"] == "66.7 % within 3 px"
    assert rows["follow the scene since first seen"] == "66.7 % within 3 px"


def test_summary(record):
    rows = dict(record.rows())
    assert rows["keypoints per frame"] == "3.0 (3 to 3)"
    assert rows["tracks per frame"] == "3.0 (3 to 3)"
    assert rows["mean track age"] == "2.5 frames (oldest 3)"


def test_summary_of_nothing_found():
    record = RunRecord()
    record.add(0, Tracker().update(Features.empty((8, 8))))
    rows = dict(record.rows())
    assert rows["tracks per frame"] == "-"
    assert rows["mean track age"] == "no tracks"
    assert dict(follow_rows(record, truth(1)))["follow the scene since first seen"] == "-"


def test_both_files_hold_every_observation(record, tmp_path):
    record.save(tmp_path / "tracks.npz")
    record.save(tmp_path / "tracks.csv")
    with np.load(tmp_path / "tracks.npz") as arrays:
        columns = {name: arrays[name] for name in arrays}
    with (tmp_path / "tracks.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 9
    assert list(rows[0]) == list(columns)
    for name, values in columns.items():
        assert [float(row[name]) for row in rows] == pytest.approx(values.tolist(), nan_ok=True)
    assert columns["frame"].tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert columns["stamp"][-1] == 2000
    assert columns["x"].tolist()[3] == 55


def test_stage_times():
    statistics = {"processed": "5", "network_ms": "12.345", "track_ms": "1.000"}
    assert stage_rows(statistics) == [("ms per frame, network", "12.3"), ("ms per frame, track", "1.0")]


def test_the_table_is_aligned(capsys):
    print_table([("a", "1"), ("longer", "2")])
    first, second = capsys.readouterr().out.splitlines()
    assert first.index("1") == second.index("2")

from dataclasses import replace

import numpy as np
import pytest
from helpers.made_up_scenes import wall_frames, wall_homography
from helpers.methods import only_method

from superpoint_ros.core.geometry import warp_points
from superpoint_ros.evaluation.detectors.options import DetectorOptions
from superpoint_ros.evaluation.sequences.options import TracksProtocol
from superpoint_ros.evaluation.sequences.sized_frames import size_frame
from superpoint_ros.evaluation.sequences.track_metrics import Track, collect_tracks
from superpoint_ros.evaluation.sequences.tracks_protocol import (
    correct_links,
    follow,
    link_errors,
    summarize,
    track_rows,
)

FRAMES = wall_frames(4)
VIEWS = [size_frame(frame, None) for frame in FRAMES]


def true_track(x: float, y: float) -> Track:
    xy = [warp_points(np.array([[x, y]]), wall_homography(frame.pose))[0] for frame in FRAMES]
    return Track(np.arange(4), np.array(xy, np.float32))


def test_true_tracks_are_right_by_every_measure():
    errors = link_errors(VIEWS, [true_track(100, 80), true_track(200, 150)], from_first=True)
    assert len(errors.reprojection) == 6
    assert errors.reprojection.max() < 1e-3
    assert errors.epipolar.max() < 1e-3


def test_a_wrong_link_is_wrong_by_as_much_as_it_is_off():
    track = true_track(100, 80)
    track.xy[2] += [30.0, 40.0]
    errors = link_errors(VIEWS, [track], from_first=True)
    assert errors.reprojection == pytest.approx([0.0, 50.0, 0.0], abs=1e-3)
    assert link_errors(VIEWS, [track], from_first=False).reprojection[0] == pytest.approx(0.0, abs=1e-3)


def test_depth_of_half_the_images_size_judges_as_well():
    def half(view):
        return replace(view, frame=replace(view.frame, depth=lambda: view.frame.depth()[::2, ::2]))

    views = [half(view) for view in VIEWS]
    errors = link_errors(views, [true_track(100, 80), true_track(250, 200)], from_first=False)
    assert errors.reprojection.max() < 1e-3


def test_links_between_images_of_one_place_are_judged_by_depth_alone():
    views = [VIEWS[0], VIEWS[0]]
    xy = np.array([[100.0, 80.0], [200.0, 150.0]], np.float32)
    tracks = [Track(np.arange(2), xy), Track(np.arange(2), xy[[0, 0]])]
    errors = link_errors(views, tracks, from_first=False)
    assert np.isnan(errors.epipolar).all()
    summary = summarize(views, tracks, TracksProtocol())
    assert summary["correct/previous"] == 0.5
    assert np.isnan(summary["epipolar/previous"])
    assert correct_links(*views, xy[[0, 0]], xy, TracksProtocol()).tolist() == [True, False]
    blind = [replace(view, frame=replace(view.frame, depth=None)) for view in views]
    assert correct_links(*blind, xy[[0, 0]], xy, TracksProtocol()) is None


def test_drift_shows_from_the_first_observation():
    track = true_track(100, 80)
    track.xy[:] += np.arange(4)[:, None] * [3.0, 0.0]
    assert link_errors(VIEWS, [track], from_first=False).reprojection.max() < 4.0
    assert link_errors(VIEWS, [track], from_first=True).reprojection[-1] == pytest.approx(9.0, abs=1e-3)


def test_without_depth_only_the_poses_judge():
    views = [replace(view, frame=replace(view.frame, depth=None)) for view in VIEWS]
    errors = link_errors(views, [true_track(100, 80)], from_first=True)
    assert np.isnan(errors.reprojection).all()
    assert errors.epipolar.max() < 1e-3
    right = correct_links(views[0], views[1], np.array([[100.0, 80.0]]), np.array([[5.0, 200.0]]), TracksProtocol())
    assert right.tolist() == [False]


def test_without_poses_nothing_judges():
    views = [replace(view, frame=replace(view.frame, pose=None)) for view in VIEWS]
    assert correct_links(views[0], views[1], np.ones((1, 2)), np.ones((1, 2)), TracksProtocol()) is None
    summary = summarize(views, [true_track(100, 80)], TracksProtocol())
    assert np.isnan(summary["correct/first"])
    assert summary["judged/first"] == 0.0


@pytest.mark.parametrize("name", ["rootsift", "orb"])
def test_detectors_follow_the_wall(name: str):
    protocol = TracksProtocol(detector=DetectorOptions(max_keypoints=200))
    views, tracks = follow(FRAMES, only_method(name, protocol.detector), protocol)
    whole = collect_tracks(tracks)
    summary = summarize(views, whole, protocol)
    assert summary["longest"] == 4
    assert summary["mean length"] > 2.5
    assert summary["correct/previous"] > 0.85
    assert summary["judged/previous"] > 0.9
    assert len(track_rows(name, whole)) == summary["tracks"]


def test_random_points_are_at_chance():
    protocol = TracksProtocol(detector=DetectorOptions(max_keypoints=200))
    views, tracks = follow(FRAMES, only_method("random", protocol.detector), protocol)
    assert summarize(views, collect_tracks(tracks), protocol)["correct/previous"] < 0.05


def test_at_half_the_size_tracks_are_right_too():
    protocol = TracksProtocol(image_size=160, detector=DetectorOptions(max_keypoints=100))
    views, tracks = follow(FRAMES, only_method("rootsift", protocol.detector), protocol)
    assert summarize(views, collect_tracks(tracks), protocol)["correct/previous"] > 0.85

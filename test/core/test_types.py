"""The values that travel through the package."""

from __future__ import annotations

import numpy as np
import pytest

from superpoint_ros.core.types import (
    STATUS_CONFIRMED,
    STATUS_FOLLOWED,
    STATUS_NEW,
    STATUS_TRACKED,
    Features,
    Matches,
    Tracks,
)


def test_the_status_of_a_track_is_what_the_message_says():
    pytest.importorskip("rclpy", reason="ROS 2 is not installed")
    from superpoint_ros.msg import Tracks as Message

    said = Message.STATUS_NEW, Message.STATUS_TRACKED, Message.STATUS_FOLLOWED, Message.STATUS_CONFIRMED
    assert said == (STATUS_NEW, STATUS_TRACKED, STATUS_FOLLOWED, STATUS_CONFIRMED)


def test_empty_features_have_the_shapes_of_others():
    empty = Features.empty((480, 640), 64)
    assert (len(empty), empty.xy.shape, empty.score.shape, empty.descriptors.shape) == (0, (0, 2), (0,), (0, 64))
    assert Features.empty((480, 640)).descriptors.shape == (0, 256)
    assert (empty.image_size, empty.sigma) == ((480, 640), None)
    assert {one.dtype for one in (empty.xy, empty.score, empty.descriptors)} == {np.dtype(np.float32)}


@pytest.mark.parametrize("rows", [np.array([2, 0]), np.array([True, False, True])])
def test_features_are_taken_with_all_that_belongs_to_them(rows):
    features = Features(np.eye(3, 2), np.arange(3), np.eye(3, 4), (480, 640), np.arange(3) + 0.5)
    taken = features.take(rows)
    for name in ("xy", "score", "descriptors", "sigma"):
        np.testing.assert_array_equal(getattr(taken, name), getattr(features, name)[rows])
    assert taken.image_size == (480, 640)


def test_empty_tracks_have_the_shapes_of_others():
    empty = Tracks.empty(3)
    assert (empty.epoch, len(empty), empty.xy.shape, empty.previous_xy.shape) == (3, 0, (0, 2), (0, 2))
    for name in ("id", "age", "distance", "mean_distance", "status", "lost_id", "sigma"):
        assert getattr(empty, name).shape == (0,)
    assert (empty.id.dtype, empty.age.dtype, empty.status.dtype) == (np.int64, np.int32, np.uint8)
    assert Tracks.empty(0, np.array([4, 9])).lost_id.tolist() == [4, 9]


def test_matches_are_as_many_as_their_pairs():
    assert len(Matches(np.array([0, 2]), np.array([1, 0]), np.array([0.1, 0.2]))) == 2

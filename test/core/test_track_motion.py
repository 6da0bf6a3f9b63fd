import numpy as np

from superpoint_ros.core.camera import Camera
from superpoint_ros.core.track_motion import TrackMotion
from superpoint_ros.core.types import STATUS_NEW, STATUS_TRACKED, Tracks

PINHOLE = Camera(np.array([[320.0, 0, 319.5], [0, 310.0, 239.5], [0, 0, 1]]), np.zeros(0), (480, 640))
SECOND = 1_000_000_000


def tracks(ids, x, previous_x, epoch=0, lost=()):
    """Tracks on the image's middle row."""
    xy = np.stack([np.float32(x), np.full(len(ids), 239.5, np.float32)], 1)
    previous_xy = np.stack([np.float32(previous_x), np.full(len(ids), 239.5, np.float32)], 1)
    new = np.isnan(previous_xy[:, 0])
    previous_xy[new] = np.nan
    unknown = np.full(len(ids), np.nan, np.float32)
    status = np.where(new, STATUS_NEW, STATUS_TRACKED).astype(np.uint8)
    age = np.ones(len(ids), np.int32)
    return Tracks(epoch, np.int64(ids), age, xy, previous_xy, unknown, unknown, status, np.int64(lost))


def test_velocity_is_measured_since_the_track_was_last_seen():
    motion, nan = TrackMotion(), np.nan
    normalized, velocity = motion.update(tracks([1, 2], [319.5, 351.5], [nan, nan]), SECOND, PINHOLE)
    np.testing.assert_allclose(normalized, [[0, 0], [0.1, 0]], atol=1e-7)
    np.testing.assert_array_equal(velocity, np.zeros((2, 2)))
    motion.update(tracks([2], [351.5], [351.5]), 2 * SECOND, PINHOLE)
    _, velocity = motion.update(tracks([1, 2], [383.5, 367.5], [319.5, 351.5]), 3 * SECOND, PINHOLE)
    np.testing.assert_allclose(velocity, [[0.1, 0], [0.05, 0]], atol=1e-7)


def test_time_is_remembered_without_a_camera():
    motion, nan = TrackMotion(), np.nan
    assert motion.update(tracks([1], [319.5], [nan]), SECOND, None) is None
    _, velocity = motion.update(tracks([1], [351.5], [319.5]), 3 * SECOND, PINHOLE)
    np.testing.assert_allclose(velocity, [[0.05, 0]], atol=1e-7)


def test_no_time_passed_is_no_velocity():
    motion = TrackMotion()
    motion.update(tracks([1], [319.5], [np.nan]), SECOND, PINHOLE)
    _, velocity = motion.update(tracks([1], [351.5], [319.5]), SECOND, PINHOLE)
    np.testing.assert_array_equal(velocity, [[0, 0]])


def test_a_new_epoch_and_a_lost_track_are_forgotten():
    motion = TrackMotion()
    motion.update(tracks([1, 2], [319.5] * 2, [np.nan] * 2), SECOND, PINHOLE)
    motion.update(tracks([], [], [], lost=[1]), 2 * SECOND, PINHOLE)
    assert motion._last_seen == {2: SECOND}
    motion.update(tracks([7], [319.5], [np.nan], epoch=1), SECOND, PINHOLE)
    assert motion._last_seen == {7: SECOND}

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from superpoint_ros.scenes.trajectory import hand_held, look_at

ROOM = (6.0, 5.0, 2.8)
RATE = 20.0  # poses a second
QUICK_TURN = 120.0  # degrees a second: of a head; the greatest of 8,000 seeds is 78


def test_look_at_along_x():
    pose = look_at(np.array([1.0, 2, 3]), np.array([5.0, 2, 3]))
    np.testing.assert_allclose(pose[:3, 2], [1, 0, 0])  # forward
    np.testing.assert_allclose(pose[:3, 0], [0, -1, 0])  # right
    np.testing.assert_allclose(pose[:3, 1], [0, 0, -1])  # down
    np.testing.assert_allclose(pose[:3, 3], [1, 2, 3])


def test_roll_is_clockwise():
    pose = look_at(np.zeros(3), np.array([1.0, 0, 0]), roll=np.pi / 2)
    np.testing.assert_allclose(pose[:3, 0], [0, 0, -1], atol=1e-12)  # the image's right is now down


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_poses_are_rigid_smooth_and_inside(seed):
    poses = hand_held(np.random.default_rng(seed), ROOM, np.arange(60) / RATE)
    rotations, positions = poses[:, :3, :3], poses[:, :3, 3]
    identity = np.broadcast_to(np.eye(3), (60, 3, 3))
    np.testing.assert_allclose(rotations @ rotations.transpose(0, 2, 1), identity, atol=1e-9)
    np.testing.assert_allclose(np.linalg.det(rotations), 1)
    assert (np.abs(positions[:, :2]) <= np.array(ROOM[:2]) / 2 - 0.8).all()
    assert (positions[:, 2] >= 1.35).all()
    assert (positions[:, 2] <= 1.75).all()
    assert np.linalg.norm(np.diff(positions, axis=0), axis=1).max() < 0.12
    turns = (np.trace(rotations[:-1].transpose(0, 2, 1) @ rotations[1:], axis1=1, axis2=2) - 1) / 2
    assert np.degrees(np.arccos(np.clip(turns, -1, 1))).max() < QUICK_TURN / RATE


def test_times_alone_decide_the_poses():
    fine = hand_held(np.random.default_rng(7), ROOM, np.arange(20) / 20)
    coarse = hand_held(np.random.default_rng(7), ROOM, np.arange(10) / 10)
    assert fine[::2] == pytest.approx(coarse)

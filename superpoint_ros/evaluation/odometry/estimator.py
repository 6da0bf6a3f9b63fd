"""Visual odometry from tracks: start from two views or from depth, PnP, new points, bundle adjustment of a window.

The least that a back end needs, after G. Klein and D. Murray, "PTAM", ISMAR 2007, and R. Mur-Artal and J. D. Tardos,
"ORB-SLAM2", T-RO 2017 (depth as a stereo camera's disparity): no map, no loops, no inertial sensor.
"""

from __future__ import annotations

import cv2
import numpy as np

from superpoint_ros.core.camera import Camera
from superpoint_ros.core.geometry import inverse_pose, lift, project, transform
from superpoint_ros.core.triangulation import triangulate
from superpoint_ros.evaluation.metrics.estimation import estimate_relative_pose
from superpoint_ros.evaluation.metrics.ransac_options import RansacOptions
from superpoint_ros.evaluation.odometry.observations import Observations, shared_rows
from superpoint_ros.evaluation.odometry.options import OdometryOptions
from superpoint_ros.evaluation.odometry.window import adjust

MIN_START_POINTS, MIN_POINTS = 20, 6
MIN_SHARED = 0.6  # share of an image's points that are known; with fewer it is a keyframe
ESSENTIAL = RansacOptions(ransac_threshold=1.0)


class Odometry:
    """Estimate the pose of each image from the tracks that it shows; see `add`.

    Args:
        options: How poses are estimated.
        seed: Seed of the order in which RANSAC takes the points.

    Attributes:
        poses: T_world_camera (4, 4) by the number of the image; images before the start that share no points have none.
        points: World coordinates (3,) of the tracks that are known, by id.
        lost: Number of images that showed too few known points; they keep the pose of the one before.
    """

    def __init__(self, options: OdometryOptions, seed: int = 0) -> None:
        self.poses: dict[int, np.ndarray] = {}
        self.points: dict[int, np.ndarray] = {}
        self.lost = 0
        self._options, self._rng = options, np.random.default_rng(seed)
        self._frames: dict[int, Observations] = {}
        self._window: list[int] = []
        self._count = 0

    def add(self, frame: Observations) -> np.ndarray | None:
        """Take in the next image; return its T_world_camera (4, 4), or None before the start."""
        number, self._count = self._count, self._count + 1
        self._frames[number] = frame
        if not self._window:
            self._start(number)
            return self.poses.get(number)
        # The newest image makes room, if it is no keyframe; the window slides, if it is full.
        if len(self._window) > 2 and not self._is_keyframe(self._window[-1]):
            self._frames.pop(self._window.pop())
        if len(self._window) >= self._options.window_size:
            self._frames.pop(self._window.pop(0))
        self.poses[number] = self._locate(frame, self.poses[self._window[-1]])
        self._window.append(number)
        self._add_points()
        adjust(self._window, self._frames, self.poses, self.points, self._options)
        self._drop_outliers(number)
        return self.poses[number]

    def _start(self, number: int) -> None:
        """Begin with one image that has depth, or with two that have enough parallax."""
        if self._options.use_depth:
            self.poses[number], self._window = np.eye(4), [number]
            self._add_points()
            return
        first = min(self._frames)
        frame0, frame1 = self._frames[first], self._frames[number]
        rows0, rows1 = self._shared(frame0, frame1)
        if len(rows0) < MIN_START_POINTS:
            self._frames = {number: frame1}
            return
        xy0, xy1 = frame0.xy[rows0], frame1.xy[rows1]
        if _motion(xy0, xy1) < self._options.keyframe_motion:
            return
        camera0, camera1 = _camera(frame0), _camera(frame1)
        found = estimate_relative_pose(camera0.normalize(xy0), camera1.normalize(xy1), frame0.K[0, 0], ESSENTIAL)
        if found is None:
            return
        T_1_0 = np.eye(4)
        T_1_0[:3, :3], T_1_0[:3, 3] = found.rotation, found.translation
        self.poses = {first: np.eye(4), number: inverse_pose(T_1_0)}
        self._window = [first, number]
        self._add_points()
        if len(self.points) < MIN_START_POINTS:
            self.poses, self.points, self._window = {}, {}, []
            return
        adjust(self._window, self._frames, self.poses, self.points, self._options)
        # Those between the two views follow from the points.
        for between in sorted(set(self._frames) - set(self._window)):
            self.poses[between] = self._locate(self._frames.pop(between), self.poses[max(self.poses.keys() - {number})])

    def _is_keyframe(self, number: int) -> bool:
        """Tell whether the window's newest image has moved enough since the one before, or shows many new points."""
        before, newest = self._frames[self._window[-2]], self._frames[number]
        rows0, rows1 = shared_rows(before, newest)
        if len(rows0) <= MIN_SHARED * len(newest):
            return True
        return _motion(before.xy[rows0], newest.xy[rows1]) >= self._options.keyframe_motion

    def _locate(self, frame: Observations, last_pose: np.ndarray) -> np.ndarray:
        """Find the pose from the known points that an image shows; the last pose where they are too few."""
        known = self._rng.permutation(np.flatnonzero([id_ in self.points for id_ in frame.id.tolist()]))
        if len(known) >= MIN_POINTS:
            points = np.array([self.points[id_] for id_ in frame.id[known].tolist()])
            turn, shift = _start_of_pnp(last_pose)
            found, turn, shift, inliers = cv2.solvePnPRansac(
                points, frame.xy[known], frame.K, None, turn, shift, useExtrinsicGuess=True, iterationsCount=200,
                reprojectionError=self._options.max_reprojection_error, confidence=0.999,
            )  # fmt: skip
            if found and inliers is not None and len(inliers) >= MIN_POINTS:
                T_camera_world = np.eye(4)
                T_camera_world[:3, :3], T_camera_world[:3, 3] = cv2.Rodrigues(turn)[0], shift.ravel()
                return inverse_pose(T_camera_world)
        self.lost += 1
        return last_pose

    def _add_points(self) -> None:
        """Find the points that the newest image shows and that are not known yet: by depth, or by two rays."""
        number = self._window[-1]
        frame, T_world_camera = self._frames[number], self.poses[number]
        self._insert(frame.id, transform(lift(frame.xy, frame.depth, frame.K), T_world_camera))
        for earlier in self._window[:-1]:
            before, T_world_before = self._frames[earlier], self.poses[earlier]
            rows0, rows1 = shared_rows(before, frame)
            xy0, xy1 = before.xy[rows0], frame.xy[rows1]
            depth = triangulate(
                xy0, xy1, _camera(before), _camera(frame), inverse_pose(T_world_camera) @ T_world_before,
                max_reprojection_error=self._options.max_reprojection_error, min_parallax=self._options.min_parallax,
            )  # fmt: skip
            self._insert(before.id[rows0], transform(lift(xy0, depth, before.K), T_world_before))

    def _insert(self, ids: np.ndarray, points: np.ndarray) -> None:
        for id_, point in zip(ids.tolist(), points, strict=True):
            if id_ not in self.points and np.isfinite(point).all():
                self.points[id_] = point

    def _drop_outliers(self, number: int) -> None:
        """Forget points that are not where the newest image shows them."""
        frame = self._frames[number]
        rows = np.flatnonzero([id_ in self.points for id_ in frame.id.tolist()])
        if not len(rows):
            return
        points = np.array([self.points[id_] for id_ in frame.id[rows].tolist()])
        seen = project(transform(points, inverse_pose(self.poses[number])), frame.K)
        error = np.linalg.norm(seen - frame.xy[rows], axis=1)
        for id_ in frame.id[rows[~(error <= self._options.max_reprojection_error)]].tolist():
            del self.points[id_]

    def _shared(self, first: Observations, second: Observations) -> tuple[np.ndarray, np.ndarray]:
        """Find the points that two images share, in the run's own order."""
        rows0, rows1 = shared_rows(first, second)
        order = self._rng.permutation(len(rows0))
        return rows0[order], rows1[order]


def _motion(xy0: np.ndarray, xy1: np.ndarray) -> float:
    return float(np.median(np.linalg.norm(xy1 - xy0, axis=1)))


def _camera(frame: Observations) -> Camera:
    return Camera(frame.K, np.zeros(0), (0, 0))


def _start_of_pnp(T_world_camera: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    T_camera_world = inverse_pose(T_world_camera)
    return cv2.Rodrigues(T_camera_world[:3, :3])[0], T_camera_world[:3, 3:].copy()

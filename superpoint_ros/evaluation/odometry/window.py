"""Bundle adjustment of the last few keyframes and the points that they see, by GTSAM."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from superpoint_ros.evaluation.odometry.observations import Observations
from superpoint_ros.evaluation.odometry.options import OdometryOptions

HUBER = 1.345
MAX_ITERATIONS = 10
FIXED, LOOSE = 1e-6, 0.05  # standard deviation of the poses that hold the frame and the scale, radians and meters


@lru_cache(maxsize=4096)
def _noise(dimension: int, sigma: float) -> Any:
    """Make Huber's robust noise of one observation; the residuals are in pixels."""
    import gtsam

    huber = gtsam.noiseModel.mEstimator.Huber.Create(HUBER)
    return gtsam.noiseModel.Robust.Create(huber, gtsam.noiseModel.Isotropic.Sigma(dimension, sigma))


def adjust(
    window: Sequence[int],
    frames: dict[int, Observations],
    poses: dict[int, np.ndarray],
    points: dict[int, np.ndarray],
    options: OdometryOptions,
) -> None:
    """Adjust poses and points to what the frames of a window observe, in place.

    The two oldest poses hold position, attitude and scale; while there are but a few, the second does so loosely.

    Args:
        window: Numbers of the frames, ascending.
        frames: Observations by the number of their frame.
        poses: T_world_camera (4, 4) by the number of the frame.
        points: World coordinates (3,) by track id.
        options: Has the depth's accuracy.
    """
    import gtsam
    from gtsam.symbol_shorthand import L, X

    seen = Counter(int(id_) for number in window for id_ in frames[number].id if int(id_) in points)
    graph, values = gtsam.NonlinearFactorGraph(), gtsam.Values()
    for place, number in enumerate(window):
        pose = gtsam.Pose3(poses[number])
        values.insert(X(number), pose)
        if place < 2:
            held = FIXED if place == 0 or len(window) >= options.window_size else LOOSE
            graph.add(gtsam.PriorFactorPose3(X(number), pose, gtsam.noiseModel.Isotropic.Sigma(6, held)))
        _add_observations(graph, number, frames[number], seen, options)
    for id_, count in seen.items():
        if count >= 2:
            values.insert(L(id_), points[id_])
    parameters = gtsam.LevenbergMarquardtParams()
    parameters.setMaxIterations(MAX_ITERATIONS)
    try:
        result = gtsam.LevenbergMarquardtOptimizer(graph, values, parameters).optimize()
    except RuntimeError:  # A point that nothing determines: the window stays as it is
        return
    for number in window:
        poses[number] = result.atPose3(X(number)).matrix()
    points.update({id_: result.atPoint3(L(id_)) for id_, count in seen.items() if count >= 2})


def _add_observations(
    graph: Any, number: int, frame: Observations, seen: Counter[int], options: OdometryOptions
) -> None:
    """Add a projection for each observation; one with depth counts as that of a stereo camera."""
    import gtsam
    from gtsam.symbol_shorthand import L, X

    (fx, _, cx), (_, fy, cy) = frame.K[:2]
    mono, stereo = gtsam.Cal3_S2(fx, fy, 0, cx, cy), gtsam.Cal3_S2Stereo(fx, fy, 0, cx, cy, options.depth_baseline)
    right = frame.xy[:, 0] - fx * options.depth_baseline / frame.depth
    for id_, xy, x_right, sigma in zip(frame.id.tolist(), frame.xy, right, frame.sigma, strict=True):
        if seen[id_] < 2:
            continue
        noise = _noise(3 if np.isfinite(x_right) else 2, round(float(sigma), 2))
        if np.isfinite(x_right):
            point = gtsam.StereoPoint2(xy[0], x_right, xy[1])
            graph.add(gtsam.GenericStereoFactor3D(point, noise, X(number), L(id_), stereo))
        else:
            graph.add(gtsam.GenericProjectionFactorCal3_S2(xy, noise, X(number), L(id_), mono))

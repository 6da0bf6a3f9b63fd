"""Visual odometry on a sequence, fed by several kinds of tracks: trajectories, errors and a plot."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from superpoint_ros.core.tracker_options import TrackerOptions
from superpoint_ros.evaluation.datasets.frames import Frame
from superpoint_ros.evaluation.odometry.estimator import Odometry
from superpoint_ros.evaluation.odometry.observations import Observations, observe
from superpoint_ros.evaluation.odometry.options import OdometryOptions
from superpoint_ros.evaluation.odometry.trajectory import (
    align,
    known_rows,
    stack_poses,
    stands_still,
    trajectory_errors,
    write_trajectory,
)
from superpoint_ros.evaluation.report.drawing import file_name
from superpoint_ros.evaluation.report.plots import plot_trajectories
from superpoint_ros.evaluation.report.report import Report, write_report
from superpoint_ros.evaluation.sequences.methods import Method, make_methods, track_images
from superpoint_ros.evaluation.sequences.sized_frames import size_frame

MIN_POSES = 3

logger = logging.getLogger(__name__)


def observations(frames: Sequence[Frame], method: Method, options: OdometryOptions) -> Iterator[Observations]:
    """Track a sequence and yield what each image shows of the points."""
    views = [size_frame(frame, options.image_size) for frame in frames]
    tracking = TrackerOptions(
        max_descriptor_distance=method.detector.max_descriptor_distance,
        network_every=options.network_every,
        epipolar_threshold=options.epipolar_threshold,
    )
    tracked = track_images((view.image for view in views), method, tracking)
    for view, tracks in zip(views, tracked, strict=True):
        yield observe(view, tracks, use_depth=options.use_depth, sigma=options.sigma, weighted=options.weighted)


def run_odometry(
    data: str, frames: Sequence[Frame], names: Sequence[str], options: OdometryOptions, output: Path
) -> Report:
    """Estimate a sequence's trajectory with each method's tracks; write trajectories, report and plot.

    Raises:
        DatasetError: Frames without cameras or, where it is to be used, without depth.
    """
    methods = make_methods(names, options.detector)
    if without_truth := sum(frame.pose is None for frame in frames):
        text = "%d of %d images have no true pose: alignment and errors leave them out, and need %d others"
        logger.warning(text, without_truth, len(frames), MIN_POSES)
    output.mkdir(parents=True, exist_ok=True)
    summary, rows = [], []
    paths = _true_positions(frames)
    for method in methods:
        seen = list(tqdm(observations(frames, method, options), desc=method.name, total=len(frames), leave=False))
        runs = []
        for run in range(options.runs):
            stamps, poses, row = _estimate(frames, seen, options, run)
            runs.append({"tracks": method.name, "run": run, **row})
            if len(poses):
                write_trajectory(output / f"{file_name(method.name)}_{run}.txt", stamps, poses)
                paths.setdefault(method.name, poses[:, :3, 3])
        rows += runs
        summary.append({"tracks": method.name, **_means(runs)})
    choices = {"data": data, "frames": len(frames), "frames_without_truth": without_truth, **asdict(options)}
    report = Report("odometry", choices, {one.name: one.detector.settings for one in methods}, summary, rows)
    write_report(report, output)
    plot_trajectories(output / "trajectories.png", paths)
    return report


def _true_positions(frames: Sequence[Frame]) -> dict[str, np.ndarray]:
    true = [frame.pose[:3, 3] for frame in frames if frame.pose is not None]
    return {"truth": np.stack(true)} if true else {}


def _estimate(
    frames: Sequence[Frame], seen: Sequence[Observations], options: OdometryOptions, run: int
) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """Run the odometry once; return stamps and poses, aligned with the truth where it is known, and the errors."""
    odometry = Odometry(options, run)
    for one in seen:
        odometry.add(one)
    numbers = sorted(odometry.poses)
    row: dict[str, Any] = {"poses": len(numbers) / len(frames), "lost": odometry.lost}
    if len(numbers) < MIN_POSES:
        return np.zeros(0), np.zeros((0, 4, 4)), row
    stamps = np.array([frames[number].stamp for number in numbers])
    poses = np.stack([odometry.poses[number] for number in numbers])
    true = stack_poses(frames[number].pose for number in numbers)
    # Without motion no scale could be wrong: every trajectory would shrink to nothing, and have no error
    if len(known_rows(poses, true)) >= MIN_POSES and (options.use_depth or not stands_still(true)):
        poses = align(poses, true, scale=not options.use_depth)
        row |= trajectory_errors(poses, true)
    return stamps, poses, row


def _means(runs: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Average the runs' figures; NaN where a run has none."""
    names = [name for name in dict.fromkeys(name for run in runs for name in run) if name not in ("tracks", "run")]
    return {name: float(np.mean([run.get(name, np.nan) for run in runs])) for name in names}

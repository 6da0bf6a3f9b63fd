"""Curves of the results as PNG."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from superpoint_ros.core.errors import MissingExtraError
from superpoint_ros.core.files import written_whole
from superpoint_ros.evaluation.metrics.curves import fraction_within


@contextmanager
def _axes(path: Path, size: tuple[float, float] = (6, 4)) -> Iterator[Any]:
    """Yield the axes of a figure with a grid and a legend, and write it."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError("plots need matplotlib: pip install 'superpoint_ros[evaluation]'") from error
    figure = Figure(figsize=size, dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    yield axes
    axes.grid(alpha=0.3)
    axes.legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as beside:
        figure.savefig(beside, metadata={"Software": None})


def plot_curves(path: Path, x: np.ndarray, curves: Mapping[str, np.ndarray], x_label: str, y_label: str) -> None:
    """Plot one line per detector over x (K,), with y from 0 to 1.

    Raises:
        MissingExtraError: Matplotlib is not installed.
    """
    with _axes(path) as axes:
        for name, values in curves.items():
            axes.plot(x, values, label=name)
        axes.set(xlabel=x_label, ylabel=y_label, xlim=(float(x[0]), float(x[-1])), ylim=(0, 1))


def plot_trajectories(path: Path, positions: Mapping[str, np.ndarray]) -> None:
    """Plot positions (N, 3) in meters by name, seen along the axis in which the first of them moves least.

    Raises:
        MissingExtraError: Matplotlib is not installed.
    """
    with _axes(path, (6, 6)) as axes:
        first = next(iter(positions.values()), np.zeros((1, 3)))
        across, up = np.sort(np.argsort(np.ptp(first, axis=0))[1:])
        for name, points in positions.items():
            axes.plot(points[:, across], points[:, up], ".-", linewidth=1, markersize=3, label=name)
        axes.set(xlabel=f"{'xyz'[across]} [m]", ylabel=f"{'xyz'[up]} [m]", aspect="equal")


def plot_error_curves(path: Path, errors: Mapping[str, np.ndarray], limit: float, x_label: str, y_label: str) -> None:
    """Plot the share of errors (N,) within t, for t from 0 to `limit`, per detector."""
    thresholds = np.linspace(0, limit, 201)
    plot_curves(path, thresholds, {n: fraction_within(e, thresholds) for n, e in errors.items()}, x_label, y_label)

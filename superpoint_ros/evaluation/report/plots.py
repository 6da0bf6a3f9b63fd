"""Curves of the results as PNG."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from superpoint_ros.core.errors import MissingExtraError
from superpoint_ros.core.files import written_whole
from superpoint_ros.evaluation.metrics.curves import fraction_within


def plot_curves(path: Path, x: np.ndarray, curves: Mapping[str, np.ndarray], x_label: str, y_label: str) -> None:
    """Plot one line per detector over x (K,), with y from 0 to 1.

    Raises:
        MissingExtraError: Matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError("plots need matplotlib: pip install 'superpoint_ros[evaluation]'") from error
    figure = Figure(figsize=(6, 4), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for name, values in curves.items():
        axes.plot(x, values, label=name)
    axes.set(xlabel=x_label, ylabel=y_label, xlim=(float(x[0]), float(x[-1])), ylim=(0, 1))
    axes.grid(alpha=0.3)
    axes.legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as beside:
        figure.savefig(beside, metadata={"Software": None})


def plot_error_curves(path: Path, errors: Mapping[str, np.ndarray], limit: float, x_label: str, y_label: str) -> None:
    """Plot the share of errors (N,) within t, for t from 0 to `limit`, per detector."""
    thresholds = np.linspace(0, limit, 201)
    plot_curves(path, thresholds, {n: fraction_within(e, thresholds) for n, e in errors.items()}, x_label, y_label)

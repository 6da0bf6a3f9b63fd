"""Track age, answers and latency of a bag over time, as one plot."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from superpoint_ros.cli.view_content import BagContent, Moment, tracks_of
from superpoint_ros.core.errors import MissingExtraError
from superpoint_ros.core.files import written_whole
from superpoint_ros.core.stamps import SECOND
from superpoint_ros.core.types import STATUS_NEW


class TimePlots:
    """Gather what changes over a bag, and plot it.

    Args:
        content: The bag.
    """

    def __init__(self, content: BagContent):
        self._content = content
        self._ages: dict[str, list[tuple[int, float, float, int]]] = {}
        self._answered: dict[str, list[tuple[int, bool]]] = {}
        self._latencies: dict[str, list[tuple[int, float]]] = {}

    def add(self, moment: Moment) -> None:
        """Add what there is of a moment."""
        for camera, topic in self._content.images.items():
            if topic not in moment.content or camera not in self._content.tracks:
                continue
            answer, tracks = self._content.tracks[camera], tracks_of(moment, self._content, camera)
            self._answered.setdefault(camera, []).append((moment.stamp, tracks is not None))
            if tracks is None:
                continue
            latency = (moment.received[answer] - moment.received[topic]) / 1e6
            self._latencies.setdefault(camera, []).append((moment.stamp, latency))
            ages = tracks.age[tracks.status != STATUS_NEW]
            median, old = np.quantile(ages, (0.5, 0.9)) if len(ages) else (0, 0)
            self._ages.setdefault(camera, []).append((moment.stamp, float(median), float(old), len(ages)))

    def summary(self) -> dict[str, tuple[int, int]]:
        """Count the images and those without an answer, by camera."""
        return {name: (len(rows), sum(not seen for _, seen in rows)) for name, rows in self._answered.items()}

    def write(self, folder: Path) -> list[Path]:
        """Write plots.png, and return its path; nothing where the bag has no tracks.

        Raises:
            MissingExtraError: Matplotlib is not installed.
        """
        if not self._answered:
            return []
        try:
            from matplotlib.backends.backend_agg import FigureCanvasAgg
            from matplotlib.figure import Figure
        except ImportError as error:
            raise MissingExtraError("plots need matplotlib: pip install 'superpoint_ros[evaluation]'") from error
        figure = Figure(figsize=(8, 9), dpi=110, layout="constrained")
        FigureCanvasAgg(figure)
        age, number, drops, latency = figure.subplots(4, sharex=True)
        start = min(rows[0][0] for rows in self._answered.values())
        for name, rows in self._ages.items():
            times, median, old, tracked = np.array([((row[0] - start) / SECOND, *row[1:]) for row in rows]).T
            (line,) = age.plot(times, median, label=f"{name}, median")
            age.plot(times, old, "--", color=line.get_color(), label=f"{name}, 90 %")
            number.plot(times, tracked, label=name)
        for name, answered in self._answered.items():
            times = np.array([(stamp - start) / SECOND for stamp, _ in answered])
            drops.step(times, np.cumsum([not seen for _, seen in answered]), where="post", label=name)
        for name, delays in self._latencies.items():
            times, delay = np.array([((stamp - start) / SECOND, value) for stamp, value in delays]).T
            if delay.any():
                latency.plot(times, delay, ".", markersize=3, label=name)
            else:
                latency.text(
                    0.5, 0.5, "recorded at their own stamps: no latency known", ha="center", transform=latency.transAxes
                )
        age.set(ylabel="track age [images]", ylim=(0, None))
        number.set(ylabel="tracks", ylim=(0, None))
        most = max(missing for _, missing in self.summary().values())
        drops.set(ylabel="images without\ntracks, so far", ylim=(0, max(1, 1.1 * most)))
        latency.set(ylabel="tracks recorded\nafter image [ms]", xlabel="time [s]")
        for axes in (age, number, drops, latency):
            axes.grid(alpha=0.3)
            if axes.get_legend_handles_labels()[0]:
                axes.legend(loc="lower right", fontsize="small")
        path = folder / "plots.png"
        with written_whole(path) as beside:
            figure.savefig(beside, metadata={"Software": None})
        return [path]

"""The moments of a bag into the outputs of `superpoint-ros view`, in one pass."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from itertools import chain, islice
from pathlib import Path

import numpy as np
from tqdm import tqdm

from superpoint_ros.cli.report import print_table
from superpoint_ros.cli.source import DEFAULT_RATE, MAX_SAID
from superpoint_ros.cli.video import Video
from superpoint_ros.cli.video_file import missing_encoder
from superpoint_ros.cli.view_content import BagContent, Moment
from superpoint_ros.cli.view_drawing import MomentDrawing
from superpoint_ros.cli.view_plots import TimePlots
from superpoint_ros.cli.view_rerun import RerunRecording
from superpoint_ros.cli.view_window import Window
from superpoint_ros.core.errors import MissingExtraError, SourceError
from superpoint_ros.core.stamps import SECOND
from superpoint_ros.replay.bag_reader import BagReader

RATE_MOMENTS = 20  # the rate of the video is the median of so many


def view_bag(arguments: argparse.Namespace, folder: Path) -> int:
    """Write what the options ask for into a folder; return 1 where something was left out, else 0."""
    if "mp4" in arguments.write and (missing := missing_encoder()):
        raise MissingExtraError(missing)
    with BagReader(arguments.bag) as reader:
        content = BagContent(reader)
        written = _write(content, arguments, folder)
    rows = [("bag", str(arguments.bag)), *(("camera", f"{n}: {topic}") for n, topic in content.images.items())]
    rows += [("tracks", f"{name}: {topic}") for name, topic in content.tracks.items()]
    rows += [*(("depth", topic) for topic in content.depths), *(("matches", topic) for topic in content.matches)]
    print_table([*rows, *(("written", str(path)) for path in written)])
    for problem in content.problems[:MAX_SAID]:
        print(problem, file=sys.stderr)
    if len(content.problems) > MAX_SAID:
        print(f"and {len(content.problems) - MAX_SAID} more", file=sys.stderr)
    return int(bool(content.problems))


def _write(content: BagContent, arguments: argparse.Namespace, folder: Path) -> list[Path]:
    moments = islice(content.moments(), arguments.frames)
    first = list(islice(moments, RATE_MOMENTS))
    shown_moments = tqdm(chain(first, moments), desc="view", unit="moment")
    drawing, plots, written = MomentDrawing(content), TimePlots(content), []
    with ExitStack() as stack:
        recording = None
        if "rrd" in arguments.write:
            recording = RerunRecording(folder / "view.rrd", content, arguments.bag.name)
            written.append(stack.enter_context(recording).path)
        window = stack.enter_context(Window(str(arguments.bag))) if arguments.show else None
        video = None
        if "mp4" in arguments.write:
            rate = arguments.rate or rate_of(first)
            video = stack.enter_context(Video(folder / "view.mp4", folder / "view_sheet.png", rate))
            written += video.written
        shown = _play(shown_moments, drawing, plots, recording, video, window)
    if not shown:
        raise SourceError(f"'{arguments.bag}': no image of it can be shown")
    return [*written, *(plots.write(folder) if "plots" in arguments.write else [])]


def _play(
    moments: Iterable[Moment],
    drawing: MomentDrawing,
    plots: TimePlots,
    recording: RerunRecording | None,
    video: Video | None,
    window: Window | None,
) -> int:
    """Give each moment to what is open, until the window is closed; return how many were shown."""
    count = 0
    for moment in moments:
        plots.add(moment)
        if recording is not None:
            recording.add(moment)
        picture = drawing.draw(moment)
        if picture is None:
            continue
        count += 1
        if video is not None:
            video.add(picture)
        if window is not None and not window.show(picture):
            break
    return count


def rate_of(moments: list[Moment]) -> float:
    """Return how many moments there are per second, by the median of their intervals."""
    intervals = np.diff([moment.stamp for moment in moments])
    intervals = intervals[intervals > 0]
    return float(np.clip(SECOND / np.median(intervals), 1, 240)) if len(intervals) else DEFAULT_RATE

"""Features and tracks of a sequence, without ROS, as an overlay video, a contact sheet, a table and a file."""

from __future__ import annotations

import argparse

from superpoint_ros.cli.arguments import output_folder
from superpoint_ros.cli.frontend_options import add_frontend_arguments, frontend_options
from superpoint_ros.cli.source import DEFAULT_RATE
from superpoint_ros.cli.sources import add_source_arguments, open_source


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the sub-command."""
    add_source_arguments(parser)
    add_frontend_arguments(parser)
    parser.add_argument(
        "--format", choices=("npz", "csv"), default="npz", help="Format of the tracks file (default: %(default)s)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Track the sequence; return 0, or 1 where images had to be left out."""
    options = frontend_options(arguments)
    import time

    from tqdm import tqdm

    from superpoint_ros.cli.report import RunRecord, follow_rows, print_table, stage_rows
    from superpoint_ros.cli.video import TrackOverlay, overlay_video
    from superpoint_ros.core.options import flat_values
    from superpoint_ros.core.tracker import Tracker
    from superpoint_ros.inference.extractor import Extractor

    extractor = Extractor(**flat_values(options.network), options=options.decode)
    tracker = Tracker(options.tracker)
    source, folder = open_source(arguments), output_folder(arguments)
    record, overlay, seconds = RunRecord(), TrackOverlay(), {"network": 0.0, "track": 0.0}
    with overlay_video(folder, DEFAULT_RATE) as video:
        for frame in tqdm(source.frames, desc="track", unit="image", total=source.length):
            start = time.perf_counter()
            features = extractor.extract(frame.image)
            extracted = time.perf_counter()
            tracks = tracker.update(features)
            seconds["track"] += time.perf_counter() - extracted
            seconds["network"] += extracted - start
            record.add(frame.stamp, tracks)
            video.add(overlay.draw(frame.image, tracks))
    path = folder / f"tracks.{arguments.format}"
    record.save(path)
    times = {f"{stage}_ms": f"{1e3 * total / len(record.tracks):.3f}" for stage, total in seconds.items()}
    rows = [("source", source.name), ("model", f"{extractor.name} on {extractor.device}")]
    rows += [("frames", str(len(record.tracks))), *record.rows()]
    rows += follow_rows(record, source.truth) if source.truth else []
    rows += [*stage_rows(times), *(("written", str(p)) for p in (*video.written, path))]
    rows += [("left out", f"{len(source.problems)} (said above)")] if source.problems else []
    print_table(rows)
    return int(bool(source.problems))

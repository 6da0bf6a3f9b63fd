"""The demo: a sequence is played as a camera to the real frontend node, recorded, drawn and summed up."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from superpoint_ros.cli.arguments import EXTRACTOR, TRACKER, add_frontend_arguments, given, output_folder
from superpoint_ros.cli.sources import DEFAULT_RATE, Source, add_source_arguments, open_source

if TYPE_CHECKING:
    from superpoint_ros.cli.node_process import FrontendProcess
    from superpoint_ros.cli.report import RunRecord

START_TIMEOUT_S = 90.0
STATISTICS_TIMEOUT_S = 10.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the sub-command."""
    add_source_arguments(parser)
    add_frontend_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Runs the demo; 0 if every image was answered, else 1."""
    from superpoint_ros.cli.node_process import FrontendProcess, private_domain
    from superpoint_ros.core.errors import MissingExtraError

    try:
        import rclpy
        import rosbags.rosbag2  # noqa: F401
    except ImportError as error:
        text = f"the demo needs ROS 2's rclpy, and rosbags from PyPI ({error}); 'superpoint-ros track' needs neither"
        raise MissingExtraError(text) from error
    source, folder = open_source(arguments), output_folder(arguments)
    parameters = {"policy": "every_frame", **given(arguments, EXTRACTOR + TRACKER)}
    with private_domain(), FrontendProcess(parameters, folder) as frontend:
        rclpy.init()
        try:
            return _play(source, folder, frontend)
        finally:
            rclpy.try_shutdown()


def _play(source: Source, folder: Path, frontend: FrontendProcess) -> int:
    from tqdm import tqdm

    from superpoint_ros.cli.report import RunRecord
    from superpoint_ros.cli.video import OverlayVideo
    from superpoint_ros.core.errors import BackendError
    from superpoint_ros.ros import player as camera
    from superpoint_ros.ros.feature_conversions import message_to_tracks
    from superpoint_ros.ros.recording import BagRecorder

    player = camera.FramePlayer()
    if not player.wait_for_frontend(START_TIMEOUT_S, frontend.check):
        raise BackendError(f"no frontend node was found within {START_TIMEOUT_S:.0f} s; see {frontend.log_path}")
    record = RunRecord()
    frames = ((f.image, f.stamp) for f in tqdm(source.frames, desc="play", unit="image", total=source.length))
    with BagRecorder(folder / "bag") as bag, OverlayVideo(folder, DEFAULT_RATE) as video:
        for exchange in player.play(frames, frontend.check):
            for topic, (message, data) in exchange.messages.items():
                bag.write(topic, message, data)
            tracks = message_to_tracks(exchange.messages[camera.TRACKS_TOPIC][0])
            record.add(exchange.stamp, tracks)
            video.add(exchange.image, tracks)
    statistics = player.statistics(player.sent, STATISTICS_TIMEOUT_S, frontend.check)
    _report(source, record, player.sent, statistics)
    for path in (video.video_path, video.sheet_path, folder / "bag", frontend.log_path):
        print(f"  written: {path}")
    return 0 if len(record.tracks) == player.sent else 1


def _report(source: Source, record: RunRecord, sent: int, statistics: dict[str, str]) -> None:
    from superpoint_ros.cli.report import follow_rows, print_table, stage_rows

    drops = ", ".join(f"{statistics.get(name, '?')} {name}" for name in ("dropped", "lost", "skipped"))
    rows = [
        ("source", source.name),
        ("frames in", str(sent)),
        ("frames out", str(len(record.tracks))),
        ("drops", drops),
    ]
    rows += record.rows()
    rows += follow_rows(record, source.truth) if source.truth else []
    print_table(rows + stage_rows(statistics))

"""The demo's first half: images to the frontend node; its tracks recorded, drawn and compared with ground truth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sensor_msgs.msg import Image
from std_msgs.msg import Header
from tqdm import tqdm

from superpoint_ros.cli.node_process import played_node
from superpoint_ros.cli.report import RunRecord, answer_rows, follow_rows, print_table, stage_rows
from superpoint_ros.cli.source import DEFAULT_RATE, Source
from superpoint_ros.cli.video import TrackOverlay, overlay_video
from superpoint_ros.msg import Features, Tracks
from superpoint_ros.replay.recording import BagRecorder
from superpoint_ros.ros.messages.features import message_to_tracks
from superpoint_ros.ros.messages.image_decoding import message_to_array
from superpoint_ros.ros.messages.images import array_to_image
from superpoint_ros.ros.messages.stamps import time_message

IMAGE_TOPIC = "/camera/image_raw"
TRACKS_TOPIC = "/frontend/camera/tracks"
ANSWERS = {"/frontend/camera/features": Features, TRACKS_TOPIC: Tracks}
STATISTICS_TIMEOUT_S = 10.0


def camera_header(stamp: int) -> Header:
    """Return the header of the camera's messages at a stamp in nanoseconds."""
    return Header(stamp=time_message(stamp), frame_id="camera_optical_frame")


def play_to_frontend(source: Source, folder: Path, parameters: Mapping[str, Any]) -> tuple[RunRecord, bool]:
    """Play the source to the frontend node, and print a table.

    Writes overlay.mp4, contact_sheet.png, bag/ and frontend.log.

    Args:
        source: Images to play.
        folder: Folder of the results.
        parameters: Parameters of the node, by name.

    Returns:
        The tracks, and whether every image was answered.

    Raises:
        BackendError: The node does not start, or ends by itself.
    """
    record, overlay = RunRecord(), TrackOverlay()
    parameters = {"policy": "every_frame", **parameters}
    with played_node("frontend", parameters, folder, {IMAGE_TOPIC: Image}, ANSWERS) as player:
        with (
            BagRecorder(folder / "bag", keep_interrupted=True) as bag,
            overlay_video(folder, DEFAULT_RATE) as video,
        ):
            for exchange in player.play(_messages(source)):
                for topic, (message, data) in exchange.messages.items():
                    bag.write(topic, message, data)
                tracks = message_to_tracks(exchange.message(TRACKS_TOPIC))
                record.add(exchange.stamp, tracks)
                video.add(overlay.draw(message_to_array(exchange.message(IMAGE_TOPIC), "bgr8"), tracks))
        statistics = player.statistics(STATISTICS_TIMEOUT_S)
    rows = [("source", source.name), *answer_rows(player.sent, len(record.tracks), statistics), *record.rows()]
    rows += follow_rows(record, source.truth) if source.truth else []
    print_table(rows + stage_rows(statistics[0]))
    for path in (*video.written, folder / "bag", folder / "frontend.log"):
        print(f"  written: {path}")
    return record, len(record.tracks) == player.sent


def _messages(source: Source) -> Iterator[dict[str, Image]]:
    for frame in tqdm(source.frames, desc="play", unit="image", total=source.length):
        yield {IMAGE_TOPIC: array_to_image(frame.image, camera_header(frame.stamp))}

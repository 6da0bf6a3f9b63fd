"""The demo's second half: images with sparse depth to the densify node; its dense depth drawn and compared.

The samples are the true depths at the frontend's keypoints, as a map built from those keypoints would have them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from sensor_msgs.msg import Image
from tqdm import tqdm

from superpoint_ros.cli.demo_frontend import IMAGE_TOPIC, STATISTICS_TIMEOUT_S, camera_header
from superpoint_ros.cli.depth_report import DepthScore, depth_rows, score_depth
from superpoint_ros.cli.node_process import played_node
from superpoint_ros.cli.report import RunRecord, answer_rows, print_table, stage_rows
from superpoint_ros.cli.source import DEFAULT_RATE, Source
from superpoint_ros.cli.video import ContactSheet, Video
from superpoint_ros.core.sparse_depth import sparse_depth_from_points
from superpoint_ros.core.types import DenseDepth
from superpoint_ros.evaluation.depth.strip import draw_strip
from superpoint_ros.ros.messages.depth import array_to_depth_image, depth_image_to_array
from superpoint_ros.ros.messages.image_decoding import message_to_array
from superpoint_ros.ros.messages.images import array_to_image

SPARSE_TOPIC = "/camera/sparse_depth"
DEPTH_TOPIC, CONFIDENCE_TOPIC = "/densify/depth", "/densify/confidence"
INPUTS = {IMAGE_TOPIC: Image, SPARSE_TOPIC: Image}
ANSWERS = {DEPTH_TOPIC: Image, CONFIDENCE_TOPIC: Image}
# An image without keypoints is answered as well: with NaN.
PARAMETERS = {"policy": "every_frame", "sparse_topic": SPARSE_TOPIC, "on_empty_input": "empty"}
STEP = 3  # every third image is densified
SHEET_ROWS = 6


def depth_samples_at(depth: np.ndarray, xy: np.ndarray) -> np.ndarray:
    """Sparse depth, float32 (H, W), that holds of a depth image (H, W) [m] only the pixels nearest to xy (N, 2)."""
    column, row = np.clip(np.floor(xy + 0.5).astype(int), 0, np.array(depth.shape[::-1]) - 1).T
    return sparse_depth_from_points(xy, depth[row, column], depth.shape)


def play_to_densifier(source: Source, record: RunRecord, folder: Path, parameters: Mapping[str, Any]) -> bool:
    """Play every third image that has tracks to the densify node, and print a table.

    Writes dense_depth.mp4, dense_depth_sheet.png and densify.log.

    Args:
        source: Images with ground truth.
        record: The frontend's tracks of the source.
        folder: Folder of the results.
        parameters: Parameters of the node, beside PARAMETERS.

    Returns:
        Whether every image was answered.

    Raises:
        BackendError: The node does not start, or ends by itself.
    """
    assert source.truth is not None
    truth = {frame.stamp: depth for frame, depth in zip(source.frames, source.truth.depths, strict=True)}
    scores: list[DepthScore] = []
    paths = folder / "dense_depth.mp4", folder / "dense_depth_sheet.png"
    with played_node("densify", PARAMETERS | dict(parameters), folder, INPUTS, ANSWERS) as player:
        with Video(*paths, DEFAULT_RATE / STEP, ContactSheet(columns=1, rows=SHEET_ROWS)) as video:
            for exchange in player.play(_messages(source, record, truth)):
                image = message_to_array(exchange.message(IMAGE_TOPIC), "bgr8")
                sparse, depth, confidence = (
                    depth_image_to_array(exchange.message(topic)) for topic in (SPARSE_TOPIC, *ANSWERS)
                )
                score = score_depth(sparse, DenseDepth(depth, confidence), truth[exchange.stamp])
                scores.append(score)
                video.add(draw_strip(image, truth[exchange.stamp], [(sparse, depth, score.caption())]))
        statistics = player.statistics(STATISTICS_TIMEOUT_S)
    rows = [("played", f"1 of {STEP} images"), *answer_rows(player.sent, len(scores), statistics)]
    rows += [*depth_rows(scores), *stage_rows(statistics[0])]
    print_table([(f"depth: {name}", value) for name, value in rows])
    for path in (*video.written, folder / "densify.log"):
        print(f"  written: {path}")
    return len(scores) == player.sent


def _messages(source: Source, record: RunRecord, truth: Mapping[int, np.ndarray]) -> Iterator[dict[str, Image]]:
    tracks = dict(zip(record.stamps, record.tracks, strict=True))
    chosen = [frame for frame in source.frames if frame.stamp in tracks][::STEP]
    for frame in tqdm(chosen, desc="densify", unit="image"):
        header = camera_header(frame.stamp)
        sparse = depth_samples_at(truth[frame.stamp], tracks[frame.stamp].xy)
        yield {IMAGE_TOPIC: array_to_image(frame.image, header), SPARSE_TOPIC: array_to_depth_image(sparse, header)}

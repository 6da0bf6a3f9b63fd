"""The frontend node under load: how many images it keeps up with, and how soon tracks come out at fixed rates."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from superpoint_ros.bench.case import PERCENTILES, draw_images
from superpoint_ros.cli.node_process import START_TIMEOUT_S, LoggedNode, private_domain
from superpoint_ros.core.errors import BackendError
from superpoint_ros.core.image import resize_image
from superpoint_ros.core.image_files import list_image_files, read_image_file

MAX_DROPPED = 0.05
LOWEST_RATE, HIGHEST_RATE = 1.0, 120.0  # images per second
SETTLE_S = 1.0


def measure_node(
    sizes: Sequence[tuple[int, int]],
    rates: Sequence[float],
    seconds: float,
    parameters: Mapping[str, Any],
    folder: Path | None = None,
) -> list[dict[str, Any]]:
    """Run the frontend node in a process of its own, as shipped, and send it images over ROS.

    Args:
        sizes: (height, width) of the images, pixels, one run of the node each.
        rates: Images per second at which latency is measured.
        seconds: How long each rate lasts.
        parameters: Parameters of the node, by name.
        folder: Folder of images, sent forth and back; None = drawn ones.

    Returns:
        A row for each size: "highest_rate", up to which less than 5 % of the images are dropped, and for each rate, and
        then for twice the highest, the percentiles of the time from sending an image to receiving its tracks [ms], the
        share of images dropped, and the processor time of the node for an image that was sent [ms].

    Raises:
        BackendError: The node does not start, or ends by itself.
        DatasetError: The folder holds no images.
    """
    import rclpy
    from rclpy.signals import SignalHandlerOptions

    with private_domain(), tempfile.TemporaryDirectory() as log_folder:
        # The command's own words are none for ROS: NAME:=VALUE would be a remapping.
        rclpy.init(args=[], signal_handler_options=SignalHandlerOptions.NO)
        try:
            rows = []
            for size in sizes:
                images = draw_images(size) if folder is None else _read_images(folder, size)
                rows.append(_measure_size(images, rates, seconds, parameters, Path(log_folder)))
            return rows
        finally:
            rclpy.try_shutdown()


def _read_images(folder: Path, size: tuple[int, int]) -> list[np.ndarray]:
    return [resize_image(read_image_file(path, "gray"), size) for path in list_image_files(folder)]


def _measure_size(
    images: Sequence[np.ndarray],
    rates: Sequence[float],
    seconds: float,
    parameters: Mapping[str, Any],
    log_folder: Path,
) -> dict[str, Any]:
    from superpoint_ros.msg import Tracks
    from superpoint_ros.replay.camera_load import CameraLoad, highest_rate

    with LoggedNode("frontend", parameters, log_folder) as node:
        camera = CameraLoad("/camera/image_raw", Tracks, "/frontend/camera/tracks", node.check)
        try:
            if not camera.wait_until_connected(START_TIMEOUT_S):
                raise BackendError(f"the frontend node did not start within {START_TIMEOUT_S:.0f} s")
            camera.send(images, rate=5.0, seconds=1.0, settle=SETTLE_S)

            def is_kept_up(rate: float) -> bool:
                return camera.send(images, rate=rate, seconds=seconds, settle=SETTLE_S).dropped < MAX_DROPPED

            highest = highest_rate(is_kept_up, lowest=LOWEST_RATE, highest=HIGHEST_RATE)
            rows = []
            # Last, what becomes of latency where twice as much comes as can be done.
            for rate in (*rates, 2.0 * max(highest, LOWEST_RATE)):
                before = node.processor_seconds()
                answers = camera.send(images, rate=rate, seconds=seconds, settle=SETTLE_S)
                used = (node.processor_seconds() - before) / len(answers.sent)
                row = {"rate": rate, "latency_ms": _percentiles(answers.latency), "dropped": round(answers.dropped, 3)}
                rows.append(row | {"processor_ms": round(1e3 * used, 1)})
        finally:
            camera.close()
    return {"size": images[0].shape, "highest_rate": round(highest, 1), "rates": rows}


def _percentiles(latency: np.ndarray) -> dict[str, float | None]:
    """Return percentiles of seconds (N,) as milliseconds; None where there are none."""
    return {f"p{q}": round(1e3 * float(np.percentile(latency, q)), 1) if len(latency) else None for q in PERCENTILES}


def node_table(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Make a Markdown table of what `measure_node` returns."""
    lines = ["| images | rate, Hz | p50 ms | p95 ms | p99 ms | dropped % | CPU ms |", "|---" * 7 + "|"]
    for row in rows:
        height, width = row["size"]
        lines.append(f"| {width}x{height} | at most {row['highest_rate']} | | | | < {100 * MAX_DROPPED:.0f} | |")
        for one in row["rates"]:
            latency = ["" if value is None else f"{value:.1f}" for value in one["latency_ms"].values()]
            cells = [f"{one['rate']:.4g}", *latency, f"{100 * one['dropped']:.1f}", f"{one['processor_ms']:.1f}"]
            lines.append(f"| {width}x{height} | {' | '.join(cells)} |")
    return lines

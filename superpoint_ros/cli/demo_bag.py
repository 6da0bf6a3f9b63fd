"""The demo on a bag as it is: all its cameras, calibrations and depth on their own topics, to the nodes they allow."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from itertools import chain, islice
from pathlib import Path
from typing import Any

from tqdm import tqdm

from superpoint_ros.cli.arguments import node_parameters
from superpoint_ros.cli.frontend_options import SHRINKS, FrontendOptions
from superpoint_ros.cli.node_process import START_TIMEOUT_S, LoggedNode
from superpoint_ros.cli.report import RunRecord, answer_rows, print_table, stage_rows
from superpoint_ros.cli.source import MAX_SAID
from superpoint_ros.cli.video import Video
from superpoint_ros.cli.view_content import BagContent, tracks_of
from superpoint_ros.cli.view_drawing import MomentDrawing
from superpoint_ros.cli.view_outputs import RATE_MOMENTS, rate_of
from superpoint_ros.core.errors import BackendError, SourceError
from superpoint_ros.core.options import option_specs
from superpoint_ros.core.stamps import nanoseconds
from superpoint_ros.replay.bag_reader import BagReader
from superpoint_ros.replay.live_messages import LiveMessages
from superpoint_ros.replay.live_replay import LiveReplay
from superpoint_ros.replay.live_topics import LiveTopics
from superpoint_ros.replay.plan import Values, plan_nodes
from superpoint_ros.replay.recording import BagRecorder


def play_bag(arguments: argparse.Namespace, folder: Path) -> bool:
    """Play a bag to the nodes that it has the inputs of, and print a table.

    Writes overlay.mp4, contact_sheet.png, bag/ and a log of each node.

    Args:
        arguments: The command line, read by the demo's parser.
        folder: Folder of the results.

    Returns:
        Whether every message could be read, and every image was answered.

    Raises:
        SourceError: The bag cannot be read, or lacks a topic that a node needs.
        ParameterError: A parameter that is not allowed.
        BackendError: A node does not start, or ends by itself.
    """
    with BagReader(arguments.bag) as reader:
        plan = {
            node: complete_parameters(node, values, arguments)
            for node, values in plan_nodes(reader, arguments.params, arguments.topic).items()
        }
        topics = LiveTopics(plan)
        messages = LiveMessages(reader, topics, arguments.frames)
        player = _play(messages, plan, topics, folder)
    rows = [("source", f"bag {arguments.bag}"), ("nodes", ", ".join(plan)), *_camera_rows(player, topics)]
    rows += [row for node in plan if node != "frontend" for row in _pair_rows(node, player)]
    written, records = draw_bag(folder)
    for name, record in records.items():
        rows += [(f"{name}: {figure}", value) for figure, value in record.rows()]
    print_table(rows)
    if "triangulate" not in plan and len(topics.images) == 2:
        cameras = " and ".join(topics.images)
        print(f"  no stereo: no calibration tells the baseline of {cameras}; give T_left_right in --params")
    for path in (*written, folder / "bag", *(folder / f"{node}.log" for node in plan)):
        print(f"  written: {path}")
    problems = [*messages.problems, *_left_out(player)]
    for problem in problems[:MAX_SAID]:
        print(problem, file=sys.stderr)
    return not problems


def complete_parameters(node: str, values: Values, arguments: argparse.Namespace) -> Values:
    """Complete a node's parameters of the plan: the demo's defaults go behind them, the flags that were given before.

    Args:
        node: Name of the node.
        values: Parameters from the bag and the parameter file.
        arguments: The command line.
    """
    given = {name: value for name, value in vars(arguments).items() if name != SHRINKS}
    if node == "frontend":
        defaults = node_parameters(FrontendOptions()) | {SHRINKS: arguments.max_image_size}
        flags = {name: value for name, value in given.items() if name in defaults}
        values = defaults | values | node_parameters_of(flags)
    if node == "densify" and arguments.depth_weights is not None:
        values = values | {"weights": str(arguments.depth_weights.resolve())}
    if values.get("weights"):
        values = values | {"weights": str(Path(values["weights"]).resolve())}
    return values | {"policy": "every_frame"}


def node_parameters_of(flags: Mapping[str, Any]) -> Values:
    """Return flags of the frontend's options as a node holds them."""
    specs = option_specs(FrontendOptions)
    return {name: plain for name, value in flags.items() if (plain := specs[name].to_plain(value)) is not None}


def _play(messages: LiveMessages, plan: Mapping[str, Values], topics: LiveTopics, folder: Path) -> LiveReplay:
    with ExitStack() as stack:
        bag = stack.enter_context(BagRecorder(folder / "bag", keep_interrupted=True))
        nodes = [stack.enter_context(LoggedNode(name, values, folder)) for name, values in plan.items()]
        for node in nodes:  # all at once, before the first of them is waited for
            stack.callback(node.tell_to_stop)

        def check() -> None:
            for node in nodes:
                node.check()

        player = LiveReplay(messages.inputs, topics.outputs, list(plan), bag, check)
        stack.callback(player.destroy_node)
        if not player.wait_until_connected(START_TIMEOUT_S * len(plan)):
            raise BackendError(f"the nodes did not start in time; see their logs in {folder}")
        player.calibrate(messages.calibrations())
        for topic, data, message, received in tqdm(messages.messages(), "play", messages.total, unit="message"):
            bag.write(topic, message, data, received)
            player.send(topic, data, nanoseconds(message.header.stamp), received)
        player.finish()
    if not any(player.sent[topic] for topic in topics.images.values()):
        raise SourceError(f"'{folder}': no image could be played; {'; '.join(messages.problems[:1])}")
    return player


def _camera_rows(player: LiveReplay, topics: LiveTopics) -> Iterator[tuple[str, str]]:
    lines = player.reports["frontend"]
    for name, topic in topics.images.items():
        values = lines.get(name, {})
        answered = player.answered[f"/frontend/{name}/tracks"]
        for figure, value in [*answer_rows(player.sent[topic], answered, [values]), *stage_rows(values)]:
            yield f"{name}: {figure}", value


def _pair_rows(node: str, player: LiveReplay) -> Iterator[tuple[str, str]]:
    lines = [values for values in player.reports[node].values() if "paired" in values]
    if lines:
        answered = player.answered["/triangulate/matches" if node == "triangulate" else "/densify/depth"]
        for figure, value in [*answer_rows(int(lines[0]["paired"]), answered, lines[:1]), *stage_rows(lines[0])]:
            yield f"{node}: {figure.replace('frames in', 'pairs in')}", value


def _left_out(player: LiveReplay) -> Iterator[str]:
    """Say what the nodes did not answer, and why."""
    if player.unanswered:
        yield f"{player.unanswered} images were not answered in time; see the nodes' logs"
    for node, lines in player.reports.items():
        for values in lines.values():
            for name, number in values.items():
                if name.startswith(("skipped: ", "dropped: ")):
                    yield f"{node} {values.get('topic', '')}: {number} {name}"


def draw_bag(folder: Path) -> tuple[tuple[Path, ...], dict[str, RunRecord]]:
    """Draw what was recorded, as `superpoint-ros view` does.

    Args:
        folder: Folder of the results, with bag/.

    Returns:
        What was written, and the tracks of each camera, by its name.
    """
    with BagReader(folder / "bag") as reader:
        content = BagContent(reader)
        moments = content.moments()
        first = list(islice(moments, RATE_MOMENTS))
        drawing, records = MomentDrawing(content), {name: RunRecord() for name in content.tracks}
        with Video(folder / "overlay.mp4", folder / "contact_sheet.png", rate_of(first)) as video:
            for moment in chain(first, moments):
                for name, record in records.items():
                    if (tracks := tracks_of(moment, content, name)) is not None:
                        record.add(moment.stamp, tracks)
                if (picture := drawing.draw(moment)) is not None:
                    video.add(picture)
    return video.written, records

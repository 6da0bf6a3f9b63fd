"""The nodes' pipelines over a bag, without a ROS graph: a bag of what they would have sent."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rosbags.interfaces import Connection
from rosbags.typesys import Stores, get_typestore
from sensor_msgs.msg import CameraInfo

from superpoint_ros.core.errors import SourceError
from superpoint_ros.inference.depth_backend import find_depth_model
from superpoint_ros.inference.models import find_model
from superpoint_ros.replay.bag_reader import BagReader
from superpoint_ros.replay.deserialization import RecordedMessages
from superpoint_ros.replay.offline_node import OFFLINE_NODES, OfflineNode, TopicBus
from superpoint_ros.replay.plan import Values, plan_nodes
from superpoint_ros.replay.recording import BagRecorder, typestore_with_own_messages
from superpoint_ros.replay.ros2_messages import message_to_cdr

SETTINGS_KEY = "superpoint_ros_replay"
# What finds the model of a node that has a network.
MODELS = {"frontend": find_model, "densify": find_depth_model}
# Images for people to look at.
DRAWINGS = ("/overlay", "/overlay/compressed", "/depth_color")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ReplayOptions:
    """Describe what is run, and what is written.

    Attributes:
        parameter_file: Parameters of the nodes, as ROS reads them; None = defaults.
        keep_inputs: Whether all topics of the input are written too.
        drawings: Whether the images for people to look at are written.
    """

    parameter_file: Path | None = None
    keep_inputs: bool = False
    drawings: bool = False


@dataclass
class ReplayReport:
    """Hold what became of a bag.

    Attributes:
        lines: What each node did, in words; empty where the output was there already.
        problems: What was left out, and why.
    """

    lines: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def replay_bag(
    bag: Path, output: Path, options: ReplayOptions, progress: Callable[[int, int], None] | None = None
) -> ReplayReport:
    """Run the nodes that a bag has the inputs of, and write a new bag; one that is there with the same settings stays.

    Args:
        bag: .bag, .mcap, .db3, or the folder of a rosbag2.
        output: Folder of the new rosbag2 (MCAP).
        options: What is run, and what is written.
        progress: Called with the number of messages read, and that of all.

    Raises:
        SuperPointRosError: A bag, parameter, or weights that cannot be used.
    """
    with BagReader(bag) as reader:
        plan = plan_nodes(reader, options.parameter_file)
        settings = settings_digest(bag, plan, options)
        if is_complete(output, settings):
            return ReplayReport()
        with BagRecorder(output) as recorder:
            report = _Replay(reader, recorder, plan, options).run(progress)
            recorder.note(SETTINGS_KEY, settings)
    return report


def settings_digest(bag: Path, plan: dict[str, Values], options: ReplayOptions) -> str:
    """Return a digest of all that decides the output: the bag's sizes, parameters, options, and the files they name.

    Raises:
        SuperPointRosError: A parameter that is not allowed, or no such model.
    """
    files = sorted(path for path in (bag.rglob("*") if bag.is_dir() else [bag]) if path.is_file())
    read = [path for node, values in plan.items() for path in files_of(node, values)]
    content = {
        "files": [(path.name, path.stat().st_size) for path in files],
        "plan": plan,
        "written": [options.keep_inputs, options.drawings],
        "read": [hashlib.sha256(path.read_bytes()).hexdigest() for path in read if path.is_file()],
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def files_of(node: str, values: Values) -> list[Path]:
    """List the files that a node would read: all that its parameters name, and those of its model.

    Raises:
        SuperPointRosError: A parameter that is not allowed, or no such model.
    """
    named = [Path(value) for _, value in sorted(values.items()) if isinstance(value, str) and value]
    if node not in MODELS:
        return named
    network = OFFLINE_NODES[node].schema.parse(values).network
    model = MODELS[node](network.weights, network.model)
    return [*named, model.file, *filter(None, [model.quantization])]


def is_complete(output: Path, settings: str) -> bool:
    """Tell whether a bag was written to its end, with these settings."""
    metadata = output / "metadata.yaml"
    return metadata.is_file() and settings in metadata.read_text(encoding="utf-8")


class _Replay:
    """Run one bag."""

    def __init__(self, reader: BagReader, recorder: BagRecorder, plan: dict[str, Values], options: ReplayOptions):
        self._reader, self._recorder, self._options = reader, recorder, options
        self._received = 0
        self._types = typestore_with_own_messages()
        self._report = ReplayReport()
        self._migration = reader.ros2_messages()
        self._recorded = RecordedMessages(self._migration)
        self._bus = TopicBus(self._record, lambda topic: options.drawings or not topic.endswith(DRAWINGS))
        self._nodes: list[OfflineNode] = [OFFLINE_NODES[name](self._bus, values) for name, values in plan.items()]
        topics = reader.all_topics()
        self._inputs = {topic for topic in self._bus.types if topic in topics and topic not in self._bus.written}
        self._copied = {topic for topic in topics if options.keep_inputs and self._can_be_copied(topic)}
        self._check_inputs()

    def _check_inputs(self) -> None:
        absent = {one: kind for one, kind in self._bus.types.items() if one not in self._inputs | self._bus.written}
        for topic, kind in absent.items():
            if kind is not CameraInfo:
                raise self._reader.lacks(f"topic {topic}")
        for topic in absent:
            logger.warning("'%s': no calibration on %s", self._reader.path, topic)

    def _can_be_copied(self, topic: str) -> bool:
        """Make a topic known to the recorder; say so where its type is not known."""
        if topic in self._bus.written:
            return False
        for connection in self._reader.connections([topic])[:1]:
            types = get_typestore(Stores.LATEST) if self._migration is None else self._migration.types
            try:
                if self._migration is not None and not self._migration.learn(
                    connection.msgtype, connection.msgdef.data
                ):
                    raise KeyError(connection.msgtype)
                self._recorder.add_topic(connection, types, as_recorded=self._migration is None)
            except Exception:  # whatever is wrong with one definition, the other topics are written
                self._report.problems.append(f"{topic}: type {connection.msgtype} is not known; not copied")
                return False
        return True

    def _record(self, topic: str, message: Any) -> None:
        self._recorder.write(topic, message, message_to_cdr(message, self._types), self._received)

    def run(self, progress: Callable[[int, int], None] | None) -> ReplayReport:
        """Run through the bag, and say what became of it."""
        wanted = self._inputs | self._copied
        total = sum(connection.msgcount for connection in self._reader.connections(wanted))
        self._give_calibrations()
        try:
            for number, (connection, received, data) in enumerate(self._reader.records(wanted), 1):
                self._take(connection, received, data)
                if progress is not None:
                    progress(number, total)
        except SourceError as error:
            self._report.problems.append(str(error))
        for node in self._nodes:
            node.finish()
        for node in self._nodes:
            for line, problem in node_summary(node):
                self._report.lines.append(line)
                self._report.problems += [problem] if problem else []
        return self._report

    def _give_calibrations(self) -> None:
        """Deliver the first calibration of each camera before its first image, as a latched topic does."""
        for topic in sorted(self._inputs):
            if self._bus.types[topic] is CameraInfo:
                for connection, _, data in self._reader.records([topic]):
                    cdr = self._recorded.cdr(connection, data)
                    if (message := self._recorded.message(connection, cdr, CameraInfo)) is not None:
                        self._bus.deliver(topic, message)
                        break

    def _take(self, connection: Connection, received: int, data: bytes) -> None:
        self._received = received
        topic = connection.topic
        cdr = self._recorded.cdr(connection, data)
        if cdr is None:
            self._report.problems.append(f"{topic}: {len(data)} bytes are no {connection.msgtype}; left out")
            return
        if topic in self._copied:
            self._recorder.copy(topic, received, cdr)
        if topic in self._inputs:
            message = self._recorded.message(connection, cdr, self._bus.types[topic])
            if message is None:
                self._report.problems.append(f"{topic}: {len(data)} bytes are no {connection.msgtype}; left out")
            else:
                self._bus.deliver(topic, message)


def node_summary(node: OfflineNode) -> Iterator[tuple[str, str]]:
    """Yield, for each stream of a node, what became of its items; and what was left out and why, "" = nothing."""
    for stream in node.streams.values():
        values = stream.statistics.values()
        left = [f"{number} {name}" for name, number in values.items() if name.startswith(("skipped: ", "dropped: "))]
        left += filter(None, [stream.held_back()])
        name = f"{node.get_name()} {stream.topic}"
        yield f"{name}: {values['processed']} {stream.noun}s", f"{name}: {', '.join(left)}" if left else ""

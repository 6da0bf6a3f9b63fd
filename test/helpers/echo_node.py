"""A node that calls what it is given, and the log of what it says."""

from __future__ import annotations

from dataclasses import dataclass

from superpoint_ros.core.options import option
from superpoint_ros.ros.runtime.live_pipeline import LivePipeline
from superpoint_ros.ros.runtime.options import NodeOptions, ParameterSchema
from superpoint_ros.ros.runtime.pipeline import Stream
from superpoint_ros.ros.runtime.worker_node import WorkerNode


@dataclass(frozen=True)
class EchoParameters(NodeOptions):
    volume: int = option(1, "How loud.", limits=(0, 10))


class Log(list):
    def warning(self, text: str) -> None:
        self.append(("warning", text))

    def error(self, text: str) -> None:
        self.append(("error", text))

    def info(self, text: str) -> None:
        self.append(("info", text))

    debug = info


class Echo(LivePipeline[EchoParameters, object]):
    """Calls what it is given."""

    schema = ParameterSchema.of("echo", EchoParameters)

    def set_up(self) -> str:
        self.stream = self.add_stream(Stream("calls", "/topic", "pair"))
        self.applied = []
        return "echo"

    def apply(self, parameters: EchoParameters) -> None:
        self.applied.append(parameters.volume)
        if parameters.volume == 9:
            raise ZeroDivisionError("too loud")

    def process(self, batch) -> None:
        for stream, call in batch:
            if call == "careless":
                raise ZeroDivisionError("careless")
            with self.skip_on_error(stream):
                call()
                stream.statistics.count("processed")

    def statuses(self):
        return []

    def run(self, *calls) -> None:
        self._work([("calls", call) for call in calls])


class EchoNode(WorkerNode):
    pipeline_type = Echo


def fails(error: Exception):
    def call(*_):
        raise error

    return call

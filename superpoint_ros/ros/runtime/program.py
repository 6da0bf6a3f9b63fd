"""The nodes' programs. Nothing heavy is imported before signals are heeded.

`python -m superpoint_ros.ros.runtime.program NODE --ros-args ...` is what `NODE_node` does.
"""

from __future__ import annotations

import importlib
import sys
from functools import partial

from superpoint_ros.ros.runtime.stopping import StopSignals, end_process

NODES = ("frontend", "triangulate", "densify")


def run_program(node: str) -> None:
    """Run a node until it is told to stop, and end the process; its status is 1 where the node cannot start.

    Args:
        node: One of NODES.
    """
    stop = StopSignals()
    module = importlib.import_module(f"superpoint_ros.ros.{node}.node")
    end_process(module.main(stop=stop))


frontend, triangulate, densify = (partial(run_program, node) for node in NODES)


if __name__ == "__main__":
    run_program(sys.argv.pop(1))

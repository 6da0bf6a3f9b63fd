"""The nodes' programs. Nothing heavy is imported before signals are heeded.

`python -m superpoint_ros.ros.runtime.program NODE --ros-args ...` is what `NODE_node` does.
"""

from __future__ import annotations

import importlib
import os
import sys
from functools import partial

from superpoint_ros.core.allocation import bound_growth
from superpoint_ros.core.products import keep_products_on_one_thread
from superpoint_ros.ros.runtime.middleware import give_messages_room
from superpoint_ros.ros.runtime.missing import describe_missing_ros
from superpoint_ros.ros.runtime.stopping import StopSignals, end_process

# Name of each node, and its folder below ros/.
NODES = {"frontend": "frontend", "triangulate": "triangulate", "densify": "densify", "bridge": "bridges"}


def run_program(node: str) -> None:
    """Run a node until it is told to stop, and end the process; its status is 1 where the node cannot start.

    Where ROS is not installed, that is said in one line.

    Args:
        node: One of NODES.
    """
    stop = StopSignals()
    keep_products_on_one_thread()
    bound_growth()
    give_messages_room(os.environ)
    try:
        module = importlib.import_module(f"superpoint_ros.ros.{NODES[node]}.node")
    except ModuleNotFoundError as error:
        if not (reason := describe_missing_ros(error.name)):
            raise
        print(f"{node}: {reason}", file=sys.stderr)
        end_process(1)
    end_process(module.main(stop=stop))


frontend, triangulate, densify, bridge = (partial(run_program, node) for node in NODES)


if __name__ == "__main__":
    run_program(sys.argv.pop(1))

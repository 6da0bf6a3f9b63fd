"""Measure speed: stages of the frontend by size, backend and precision, or the node under load."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any

from superpoint_ros.cli.arguments import at_least

NODE_SIZES, NODE_RATES = ((480, 640), (240, 320)), (5.0, 10.0, 20.0, 30.0)


def size(text: str) -> tuple[int, int]:
    """Parse WIDTHxHEIGHT into (height, width)."""
    match = re.fullmatch(r"(\d+)x(\d+)", text)
    if match is None or min(int(match[1]), int(match[2])) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not WIDTHxHEIGHT, such as 640x480")
    return int(match[2]), int(match[1])


def parameter(text: str) -> tuple[str, Any]:
    """Parse NAME:=VALUE, the value as YAML."""
    import yaml

    from superpoint_ros.core.yaml_text import parse_yaml

    name, separator, value = text.partition(":=")
    if not separator or not name:
        raise argparse.ArgumentTypeError(f"'{text}' is not NAME:=VALUE, such as threads:=1")
    try:
        return name, parse_yaml(value)
    except yaml.YAMLError as error:
        raise argparse.ArgumentTypeError(f"'{text}': the value is not YAML") from error


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what is measured, and where the results go."""
    add = parser.add_argument
    add("--sizes", type=size, nargs="+", metavar="WxH", help="image sizes (640x480; --node: also 320x240)")
    add("--backends", nargs="+", default=["auto"], help="backends; 'plain' is PyTorch's network alone (auto)")
    add("--precisions", nargs="+", default=["auto"], help="precisions (auto)")
    add("--batches", type=at_least(1), nargs="+", default=[1], help="images, or cameras, per batch (1)")
    add("--keypoints", type=at_least(1), nargs="+", default=[1000], help="maximum number of keypoints per image (1000)")
    add("--threads", type=int, nargs="+", default=[0], help="CPU threads of the network; 0 = the default (0)")
    add("--repeats", type=at_least(1), default=30, help="measured runs of each case (30)")
    add("--node", action="store_true", help="measure the node over ROS instead")
    add("--rates", type=float, nargs="+", default=NODE_RATES, help="for --node: images per second (5 10 20 30)")
    add("--seconds", type=float, default=5.0, help="for --node: duration of each rate, seconds (5)")
    add(
        "--parameter",
        type=parameter,
        action="append",
        default=[],
        metavar="NAME:=VALUE",
        help="for --node: a parameter of the node",
    )
    add(
        "--images",
        type=Path,
        metavar="FOLDER",
        help="for --node: images to send, back and forth (default: drawn images)",
    )
    add("--output", type=Path, metavar="JSON", help="file to write")
    add("--plot", type=Path, metavar="PNG", help="plot of time against size, keypoints, cameras and threads to write")
    add("--compare", type=Path, metavar="OLD.json", help="earlier output to print medians beside")


def run(arguments: argparse.Namespace) -> int:
    """Print a table and write what was asked for; return 1 if a case was left out, which is said.

    Raises:
        BackendError: No case can be measured, or the node ends.
        DatasetError: The earlier output cannot be read.
        MissingExtraError: Matplotlib is not installed.
    """
    from superpoint_ros.bench.provenance import commit, load, machine, versions
    from superpoint_ros.bench.report import save

    before = load()
    record = {"machine": machine(), "versions": versions(), "commit": commit(), "load_before": before}
    rows, left_out = _run_node(arguments) if arguments.node else _run_cases(arguments)
    record |= {"load_after": load(), "node" if arguments.node else "cases": rows, "left_out": left_out}
    print(f"load before and after: {before[0]}, {load()[0]}")
    if arguments.output is not None:
        save(arguments.output, record)
    return int(bool(left_out))


def _run_node(arguments: argparse.Namespace) -> tuple[list[dict[str, Any]], list[str]]:
    from superpoint_ros.cli.bench_node import measure_node, node_table

    sizes, parameters = arguments.sizes or NODE_SIZES, dict(arguments.parameter)
    rows = measure_node(sizes, arguments.rates, arguments.seconds, parameters, arguments.images)
    print("\n".join(node_table(rows)))
    return rows, []


def _run_cases(arguments: argparse.Namespace) -> tuple[list[dict[str, Any]], list[str]]:
    from tqdm import tqdm

    from superpoint_ros.bench.case import measure_apart, sweep
    from superpoint_ros.bench.report import compare, load_rows, plot, table
    from superpoint_ros.core.errors import BackendError, SuperPointRosError

    old = None if arguments.compare is None else load_rows(arguments.compare)
    names = {"backend": "backends", "precision": "precisions", "size": "sizes", "batch": "batches"}
    axes = {name: getattr(arguments, names.get(name, name)) for name in (*names, "keypoints", "threads")}
    rows, left_out = [], []
    for case in tqdm(sweep(axes | {"size": arguments.sizes or [(480, 640)]}), unit="case"):
        try:
            rows.append(measure_apart(case, arguments.repeats))
        except SuperPointRosError as error:
            left_out.append(f"{case.label}: {error}")
            tqdm.write(f"left out: {left_out[-1]}")
    if not rows:
        raise BackendError("no case could be measured")
    print("\n".join(table(rows)))
    if old is not None:
        print("\n".join(compare(old, rows)))
    if arguments.plot is not None:
        plot(arguments.plot, rows)
    return rows, left_out

"""Run the nodes' pipelines over bags, without ROS, and write bags of what the nodes would have sent."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import as_completed
from pathlib import Path
from typing import TYPE_CHECKING

from superpoint_ros.core.errors import MissingExtraError, ParameterError, SuperPointRosError
from superpoint_ros.core.files import path_beside
from superpoint_ros.core.processes import process_pool

if TYPE_CHECKING:
    from superpoint_ros.replay.replay import ReplayOptions, ReplayReport

# (this process's number, number of processes), as torchrun and SLURM set them.
RANKS = (("RANK", "WORLD_SIZE"), ("SLURM_PROCID", "SLURM_NTASKS"))
THREADS = "OMP_NUM_THREADS"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add bags, output and options."""
    parser.add_argument(
        "bags", type=Path, nargs="+", metavar="BAG", help="Rosbag: .bag, .mcap, .db3, or the folder of a rosbag2"
    )
    parser.add_argument(
        "--output", type=Path, required=True, metavar="DIR",
        help="Rosbag2 (MCAP) to write; for several bags, the folder to write them to, each named after its input",
    )  # fmt: skip
    parser.add_argument("--params", type=Path, metavar="FILE", help="ROS parameter file (YAML) of the nodes")
    parser.add_argument("--keep-inputs", action="store_true", help="Also write all input topics")
    parser.add_argument("--drawings", action="store_true", help="Also write overlays and colored depth")
    parser.add_argument(
        "--jobs", type=int, default=1, metavar="N", help="Number of bags processed at a time (default: %(default)s)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Replay the bags that are this process's; return 1 if anything had to be left out, which is said, else 0.

    Raises:
        ParameterError: Two bags of one name, or no job.
        MissingExtraError: Package rosbags, or ROS's messages, are not installed.
    """
    try:
        from superpoint_ros.replay.replay import ReplayOptions
    except ImportError as error:
        raise MissingExtraError(f"replay needs rosbags and ROS's messages ({error})") from error
    if arguments.jobs < 1:
        raise ParameterError(f"--jobs {arguments.jobs}: must be at least 1")
    options = ReplayOptions(arguments.params, arguments.keep_inputs, arguments.drawings)
    tasks = own_share(outputs(arguments.bags, arguments.output), os.environ)
    if len(arguments.bags) == 1:
        return sum(_tell(bag, _replay_one(bag, output, options)) for bag, output in tasks)
    return _replay_many(tasks, options, arguments.jobs)


def outputs(bags: Sequence[Path], folder: Path) -> list[tuple[Path, Path]]:
    """Return each bag with the bag that is to be made of it.

    Raises:
        ParameterError: Two bags of one name, or an output that is an input.
    """
    if len(bags) == 1:
        pairs = [(bags[0], folder)]
    else:
        pairs = [(bag, folder / bag.name.removesuffix(bag.suffix if bag.is_file() else "")) for bag in bags]
    names = [output for _, output in pairs]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ParameterError(f"two bags are named '{twice.name}'; replay them into different folders")
    same = next((bag for bag, output in pairs if bag.resolve() == output.resolve()), None)
    if same is not None:
        raise ParameterError(f"--output {folder}: would replace the bag '{same}' that is read")
    return pairs


def own_share(tasks: list[tuple[Path, Path]], environment: Mapping[str, str]) -> list[tuple[Path, Path]]:
    """Return the tasks of this process, where one of several runs the same command: every WORLD_SIZEth.

    >>> own_share([("a", "A"), ("b", "B"), ("c", "C")], {"RANK": "0", "WORLD_SIZE": "2"})
    [('a', 'A'), ('c', 'C')]

    Raises:
        ParameterError: Variables that are no rank of so many.
    """
    for rank_name, size_name in RANKS:
        if rank_name in environment and size_name in environment:
            try:
                rank, size = int(environment[rank_name]), int(environment[size_name])
            except ValueError:
                rank, size = -1, 0
            if not 0 <= rank < size:
                given = f"{rank_name}={environment[rank_name]}, {size_name}={environment[size_name]}"
                raise ParameterError(f"{given}: no rank of so many processes")
            return tasks[rank::size]
    return tasks


def _replay_many(tasks: list[tuple[Path, Path]], options: ReplayOptions, jobs: int) -> int:
    """Replay in processes of their own; a bag that cannot be replayed keeps no other from it."""
    os.environ.setdefault(THREADS, str(max(1, len(os.sched_getaffinity(0)) // jobs)))
    status = 0
    try:
        with process_pool(min(jobs, max(len(tasks), 1))) as pool:
            futures = {pool.submit(_replay_one, bag, output, options): bag for bag, output in tasks}
            for future in as_completed(futures):
                try:
                    status |= _tell(futures[future], future.result())
                except (SuperPointRosError, OSError) as error:
                    print(f"{futures[future]}: {error}", file=sys.stderr)
                    status = 1
    finally:
        for _, output in tasks:  # what processes that were killed have begun
            shutil.rmtree(path_beside(output), ignore_errors=True)
    return status


def _replay_one(bag: Path, output: Path, options: ReplayOptions) -> ReplayReport:
    from superpoint_ros.replay.replay import replay_bag

    output.parent.mkdir(parents=True, exist_ok=True)
    return replay_bag(bag, output, options)


def _tell(bag: Path, report: ReplayReport) -> int:
    """Print what became of a bag; return 1 if anything was left out."""
    for line in report.lines or ["complete already; skipped"]:
        print(f"{bag}: {line}")
    for problem in report.problems:
        print(f"{bag}: {problem}", file=sys.stderr)
    return int(bool(report.problems))

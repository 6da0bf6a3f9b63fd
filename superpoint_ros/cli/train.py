"""Train MagicPoint, SuperPoint or the densifier."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from superpoint_ros.training.loop import Trainer


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `train magicpoint`, `train superpoint` and `train depth`."""
    stages = parser.add_subparsers(dest="stage", required=True, metavar="STAGE")
    magicpoint = stages.add_parser("magicpoint", help="the detector, on Synthetic Shapes drawn on the fly")
    superpoint = stages.add_parser("superpoint", help="detector and descriptor, on pairs of views of labeled images")
    depth = stages.add_parser("depth", help="the densifier, on rendered rooms and streets or on your own depth images")
    for stage in (magicpoint, superpoint, depth):
        stage.add_argument("--config", type=Path, help="YAML file (default: the configuration's defaults)")
        stage.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="e.g. loop.steps=1000")
        stage.add_argument(
            "--run-folder", type=Path, required=True, help="folder of checkpoints; an unfinished run goes on"
        )
        stage.add_argument("--initial", type=Path, help="weights to start from: last.ckpt of a run, or .safetensors")
        stage.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    superpoint.add_argument("--images", type=Path, required=True, help="folder of images of any size")
    superpoint.add_argument("--labels", type=Path, required=True, help="what `superpoint-ros label` wrote")
    depth.add_argument(
        "--data", type=Path, nargs="+", default=[], help="data sets with depth; none = rooms and streets are rendered"
    )
    superpoint.add_argument("--teacher", help="network to learn from: name of a bundled model, or a model file (.yaml)")


def run(arguments: argparse.Namespace) -> int:
    """Train, then write <stage>.safetensors and its card into the run's folder."""
    stages = {"magicpoint": _train_magicpoint, "superpoint": _train_superpoint, "depth": _train_depth}
    return stages[arguments.stage](arguments)


def _train_magicpoint(arguments: argparse.Namespace) -> int:
    from superpoint_ros.training.config import load_config
    from superpoint_ros.training.superpoint.config import MagicPointConfig
    from superpoint_ros.training.superpoint.magicpoint import train_magicpoint

    config = load_config(MagicPointConfig, arguments.config, arguments.set)
    trainer = train_magicpoint(config, arguments.run_folder, arguments.initial, arguments.device)
    return _export(trainer, config, arguments, "Synthetic Shapes alone")


def _train_superpoint(arguments: argparse.Namespace) -> int:
    from superpoint_ros.inference.models import find_model
    from superpoint_ros.training.config import load_config
    from superpoint_ros.training.superpoint.config import SuperPointConfig
    from superpoint_ros.training.superpoint.joint import train_superpoint

    config = load_config(SuperPointConfig, arguments.config, arguments.set)
    folders = (arguments.images, arguments.labels, arguments.run_folder)
    teacher = find_model(model=arguments.teacher) if arguments.teacher else None
    trainer = train_superpoint(config, *folders, arguments.initial, teacher, arguments.device)
    return _export(trainer, config, arguments, f"the images in {arguments.images.name}")


def _train_depth(arguments: argparse.Namespace) -> int:
    from superpoint_ros.training.config import load_config
    from superpoint_ros.training.depth.config import DepthConfig
    from superpoint_ros.training.depth.train import train_depth
    from superpoint_ros.training.export import export_depth

    config = load_config(DepthConfig, arguments.config, arguments.set)
    trainer = train_depth(config, arguments.data, arguments.run_folder, arguments.initial, arguments.device)
    path = arguments.run_folder / "d3.safetensors"
    names = ", ".join(path.name for path in arguments.data)
    trained_on = f"depth images of {names}" if names else "rooms and streets that this package renders"
    if trainer.fabric.is_global_zero:
        print(f"{path} sha256 {export_depth(trainer, path, config, trained_on)}")
    return 0


def _export(trainer: Trainer, config: object, arguments: argparse.Namespace, trained_on: str) -> int:
    from superpoint_ros.training.export import export

    path = arguments.run_folder / f"{arguments.stage}.safetensors"
    if trainer.fabric.is_global_zero:
        print(f"{path} sha256 {export(trainer, path, config, trained_on)}")
    return 0

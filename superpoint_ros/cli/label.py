"""Label images by Homographic Adaptation."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add folders, the detector's weights and the configuration."""
    parser.add_argument("--images", type=Path, required=True, help="folder of images of any size")
    parser.add_argument("--labels", type=Path, required=True, help="folder to write to; existing labels are kept")
    parser.add_argument(
        "--weights", type=Path, required=True, help="detector: .safetensors of MagicPoint or SuperPoint"
    )
    parser.add_argument("--config", type=Path, help="YAML file (default: the configuration's defaults)")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="e.g. homographies=50")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")


def run(arguments: argparse.Namespace) -> int:
    """Label what has no labels yet; return 0, or 1 where images cannot be read.

    Under `torchrun`, every process takes its share.

    Raises:
        BackendError: The device is not there.
    """
    import os
    import sys

    import torch

    from superpoint_ros.inference.devices import find_device
    from superpoint_ros.networks.checkpoint import load_checkpoint
    from superpoint_ros.networks.superpoint import SuperPoint
    from superpoint_ros.training.config import load_config
    from superpoint_ros.training.superpoint.adaptation import HomographicAdaptation, label_folder
    from superpoint_ros.training.superpoint.config import AdaptationConfig

    config = load_config(AdaptationConfig, arguments.config, arguments.set)
    device = find_device(arguments.device)
    if device.type == "cuda" and device.index is None:  # each process of this machine takes its own
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))
    network = SuperPoint.from_weights(load_checkpoint(arguments.weights).weights)
    adaptation = HomographicAdaptation(network, config, device)
    labeled, problems = label_folder(adaptation, arguments.images, arguments.labels)
    for problem in problems:
        print(f"superpoint-ros label: {problem}; left out", file=sys.stderr)
    print(f"{labeled} images labeled" + (f", {len(problems)} left out" if problems else ""))
    return int(bool(problems))

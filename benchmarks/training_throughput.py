"""Images per second of every stage of the training recipe, beside what the device could do.

python benchmarks/training_throughput.py --output output
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

import superpoint_ros.training
from superpoint_ros.core.decode_options import CELL_SIZE
from superpoint_ros.networks.layers import LAYERS, multiplications
from superpoint_ros.scenes.photometric import Photometric
from superpoint_ros.training.config import load_config
from superpoint_ros.training.homographies import sample_homographies
from superpoint_ros.training.labels import NO_CORNER
from superpoint_ros.training.loop import autocast, channels_last, make_fabric
from superpoint_ros.training.superpoint.adaptation import HomographicAdaptation
from superpoint_ros.training.superpoint.batch_norm import MagicPointBN, SuperPointBN, fold_batch_norm
from superpoint_ros.training.superpoint.config import AdaptationConfig, MagicPointConfig, SuperPointConfig
from superpoint_ros.training.superpoint.joint import SuperPointLoss
from superpoint_ros.training.superpoint.magicpoint import MagicPointLoss, SyntheticBatches

CONFIGS = Path(superpoint_ros.training.__file__).parent / "configs"
DETECTOR = {name: layer for name, layer in LAYERS.items() if not name.startswith("convD")}
# A multiplication and an addition forward; the backward pass takes twice as much.
FORWARD_FLOPS, TRAINING_FLOPS = 2.0, 6.0


def seconds(work: Callable[[], object], repeats: int, device: torch.device) -> float:
    """Median time of one call, after one to warm up."""
    times = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    return float(np.median(times[1:]))


def measured_peak(device: torch.device, precision: str) -> float:
    """Floating-point operations per second of a large matrix product in the precision of the training."""
    side = 8192 if device.type == "cuda" else 3072
    matrix = torch.randn(side, side, device=device)
    with autocast(precision, device):
        return 2.0 * side**3 / seconds(lambda: matrix @ matrix, 10, device)


def train_step(network: torch.nn.Module, loss: Callable[..., dict[str, Tensor]], batch: dict[str, Tensor]) -> None:
    """Forward, loss, backward and Adam, as the loop does them."""
    optimizer = torch.optim.Adam([parameter for parameter in network.parameters() if parameter.requires_grad])
    loss(network, batch, 0)["total"].backward()  # type: ignore[no-untyped-call]
    optimizer.step()


def pair_batch(config: SuperPointConfig, device: torch.device) -> dict[str, Tensor]:
    """A batch of pairs of noise: what is in the images does not change the time."""
    rng = np.random.default_rng(0)
    views = [
        sample_homographies(rng, config.batch, config.canvas, ranges, config.size)
        for ranges in (config.first_view, config.second_view)
    ]
    height, width = config.size
    correspondences = rng.uniform(0, height - 1, (config.batch, config.num_correspondences, 4))
    batch = {
        "canvas": torch.from_numpy(rng.integers(0, 255, (config.batch, 1, *config.canvas), np.uint8)),
        "homographies": torch.stack(views, dim=1),
        "labels": torch.full((config.batch, 2, height // CELL_SIZE, width // CELL_SIZE), NO_CORNER),
        "correspondences": torch.from_numpy(correspondences.astype(np.float32)),
        "filled": torch.ones(correspondences.shape[:2], dtype=torch.bool),
    }
    return {key: value.to(device) for key, value in batch.items()}


def measure(device: torch.device, repeats: int, folder: Path) -> list[dict[str, object]]:
    """One row per stage."""
    suffix = "" if device.type == "cuda" else "_cpu"
    magicpoint = load_config(MagicPointConfig, CONFIGS / f"magicpoint{suffix}.yaml")
    labelling = load_config(AdaptationConfig, CONFIGS / f"adaptation{suffix}.yaml")
    joint = load_config(SuperPointConfig, CONFIGS / f"superpoint{suffix}.yaml")
    peak = measured_peak(device, "bf16-mixed")
    rows: list[dict[str, object]] = []

    def row(stage: str, images: int, flops: float, work: Callable[[], object]) -> None:
        rate = images / seconds(work, repeats, device)
        rows.append({"stage": stage, "images_per_second": rate, "possible_per_second": peak / flops if flops else None})
        print(f"{stage}: {rate:.1f} images/s" + (f", {rate * flops / peak:.0%} of the measured peak" if flops else ""))

    drawn = SyntheticBatches(magicpoint, 0)
    row("Synthetic Shapes, one process", magicpoint.batch, 0.0, lambda: drawn[0])
    batch = {key: value.to(device) for key, value in drawn[0].items()}
    images = batch["images"].float() / 255.0
    noise = Photometric(magicpoint.photometric, torch.Generator(device).manual_seed(0))
    row("photometric noise", magicpoint.batch, 0.0, lambda: noise(images))
    detector = channels_last(MagicPointBN().to(device))
    loss = MagicPointLoss(magicpoint, 0)
    flops = TRAINING_FLOPS * multiplications(DETECTOR, magicpoint.size)
    row("MagicPoint step", magicpoint.batch, flops, lambda: train_step(detector, loss, batch))

    adaptation = HomographicAdaptation(fold_batch_norm(SuperPointBN()), labelling, device)
    image = torch.rand((240, 320), device=device)
    flops = FORWARD_FLOPS * multiplications(DETECTOR, (240, 320))
    rng = np.random.default_rng(0)
    warps = labelling.homographies
    row("adaptation, warps of 240x320", warps, flops, lambda: adaptation.aggregate(image, rng, warps))

    network = channels_last(SuperPointBN().to(device))
    pair_loss = SuperPointLoss(joint, make_fabric(joint.loop, folder, device.type))
    pairs = pair_batch(joint, device)
    flops = TRAINING_FLOPS * multiplications(LAYERS, joint.size)
    row("SuperPoint step, views", 2 * joint.batch, flops, lambda: train_step(network, pair_loss, pairs))
    return [{"peak_flops": peak}, *rows]


def main() -> None:
    """Print the table and write training_throughput.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--output", type=Path, default=Path("output"))
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    device = torch.device(arguments.device)
    name = torch.cuda.get_device_name() if device.type == "cuda" else f"{platform.machine()}, {os.cpu_count()} cores"
    record = {"device": name, "torch": torch.__version__, "rows": measure(device, arguments.repeats, arguments.output)}
    (arguments.output / "training_throughput.json").write_text(json.dumps(record, indent=1))


if __name__ == "__main__":
    main()

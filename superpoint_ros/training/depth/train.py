"""Training D3 and its confidence on rendered or recorded depth."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from superpoint_ros.core.errors import DatasetError
from superpoint_ros.core.sampling_patterns import sample_depth
from superpoint_ros.evaluation.datasets.catalog import FRAME_LAYOUTS, read_dataset
from superpoint_ros.evaluation.datasets.frames import Frame
from superpoint_ros.networks.d3 import D3
from superpoint_ros.training.depth.config import DepthConfig
from superpoint_ros.training.depth.data import DepthBatches, random_crop, read_frame, to_example
from superpoint_ros.training.depth.initial import load_initial_weights
from superpoint_ros.training.depth.renders import render_scenes
from superpoint_ros.training.gradnorm import GradNorm
from superpoint_ros.training.loop import VALIDATION_RANK, Losses, Trainer, autocast, make_fabric, step_rng
from superpoint_ros.training.losses import confidence_loss, depth_loss

LAST_SHARED = "up1.leave.0.weight"
VALIDATION_DENSITIES = (0.0005, 0.004, 0.01)


def mean_of_fills(hints: Tensor) -> Tensor:
    """Return what D3 says before it is trained, (B, 1, H, W): the mean of the log depths of both fills."""
    return hints[:, :2].mean(dim=1, keepdim=True)


class DepthLoss:
    """Run the network; compute both losses and their balance."""

    def __init__(self, config: DepthConfig, fabric: Fabric):
        self.config = config
        self.gradnorm = GradNorm(
            2, config.alpha, device=fabric.device, reduce=lambda value: cast(Tensor, fabric.all_reduce(value))
        )

    def __call__(self, model: nn.Module, batch: dict[str, Tensor], step: int) -> Losses:
        """Return "depth", "confidence", their weights where these change, and "total"."""
        rgb = batch["rgb"].float() / 255.0
        with autocast(self.config.loop.precision, rgb.device):
            log_depth, log_spread = model(rgb, batch["hints"])
        losses = {
            "depth": depth_loss(log_depth, mean_of_fills(batch["hints"]), batch["log_truth"], self.config.edge_weight),
            "confidence": confidence_loss(log_depth, log_spread, batch["log_truth"]),
        }
        return self._balance(model, losses)

    def _balance(self, model: nn.Module, losses: Losses) -> Losses:
        if self.config.balance == "fixed":
            return losses | {"total": losses["depth"] + self.config.confidence_weight * losses["confidence"]}
        tasks = list(losses.values())
        shared = next(value for name, value in model.named_parameters() if name.endswith(LAST_SHARED))
        self.gradnorm.update(tasks, shared)
        weights = {f"weight/{name}": w for name, w in zip(losses, self.gradnorm.weights.detach().clone(), strict=True)}
        return losses | weights | {"total": self.gradnorm.total(tasks)}


class DepthValidation:
    """Measure error over an untrained network's, and mean relative error, at several densities on held-out frames."""

    def __init__(self, config: DepthConfig, frames: list[Frame], device: torch.device):
        self.config, self.device = config, device
        rng = step_rng(config.loop.seed, VALIDATION_RANK, 0)
        images = [random_crop(*read_frame(frame), config.size, 1.0, rng) for frame in frames]
        self.examples: dict[float, list[dict[str, Tensor]]] = {}
        for density in VALIDATION_DENSITIES:
            self.examples[density] = []
            for rgb, depth in images:
                reachable = np.where(depth < config.max_depth, depth, 0.0).astype(np.float32)
                sparse = sample_depth(reachable, "uniform", round(density * depth.size), rng)
                if np.isfinite(sparse).any():
                    self.examples[density].append(to_example(rgb, depth, sparse, config.max_depth))

    @torch.no_grad()
    def __call__(self, model: nn.Module) -> dict[str, float]:
        """Return "ratio_D" and "relative_D" for each density D, means over the frames."""
        values: dict[str, float] = {}
        for density, examples in self.examples.items():
            scores = [self._score(model, example) for example in examples]
            ratio, relative = np.mean(scores, axis=0)
            values |= {f"ratio_{density:g}": float(ratio), f"relative_{density:g}": float(relative)}
        return values

    def _score(self, model: nn.Module, example: dict[str, Tensor]) -> tuple[float, float]:
        batch = {name: value[None].to(self.device) for name, value in example.items()}
        with autocast(self.config.loop.precision, self.device):
            log_depth, _ = model(batch["rgb"].float() / 255.0, batch["hints"])
        known = torch.isfinite(batch["log_truth"])
        relative = torch.expm1(log_depth - batch["log_truth"])[known].abs().mean()
        return float(depth_loss(log_depth, mean_of_fills(batch["hints"]), batch["log_truth"])), float(relative)


def find_frames(folders: list[Path]) -> list[Frame]:
    """Find all frames with depth of data sets in any known layout, and of the folders of such in a folder.

    Raises:
        DatasetError: none there.
    """
    roots = [root for folder in folders for root in (sorted(folder.glob("scene_*")) or [folder])]
    frames = [frame for root in roots for frame in read_dataset(root, FRAME_LAYOUTS) if frame.depth is not None]
    if not frames:
        raise DatasetError(f"no depth images in {', '.join(map(str, folders)) or 'no folder'}")
    return frames


def train_depth(
    config: DepthConfig, data: list[Path], folder: Path, initial: Path | None = None, device: str = "auto"
) -> Trainer:
    """Train D3, going on from the folder's checkpoint if there is one.

    Args:
        config: Samples, losses, steps; see DepthConfig.
        data: Data sets with depth; none = rooms and streets, rendered to the run's folder first.
        folder: Folder of the run: checkpoints and TensorBoard files.
        initial: Weights to start from: a run's `last.ckpt` or a `.safetensors` file; None for random ones.
        device: "auto", "cpu" or "cuda".

    Returns:
        The finished trainer; its model is a D3.

    Raises:
        DatasetError: There are no more frames with depth than `validation_images`.
        CheckpointError: `initial` cannot be read, or is not of D3.
    """
    fabric = make_fabric(config.loop, folder, device)
    if not data:
        data = [folder / "renders"]
        data[0].mkdir(parents=True, exist_ok=True)
        if fabric.is_global_zero:
            render_scenes(data[0], config.render)
        fabric.barrier()
    frames = find_frames(data)
    if len(frames) <= config.validation_images:
        raise DatasetError(f"{len(frames)} depth images, {config.validation_images} of them to validate on: too few")
    trained, held_out = frames[: -config.validation_images], frames[-config.validation_images :]
    torch.manual_seed(config.loop.seed)
    batches = DepthBatches(config, trained, fabric.global_rank)
    model, loss = D3(), DepthLoss(config, fabric)
    if initial is not None:
        load_initial_weights(model, initial, batches[0]["rgb"].float() / 255.0, batches[0]["hints"])
    trainer = Trainer(fabric, model, loss, config.loop, folder, {"gradnorm": loss.gradnorm})
    trainer.resume()
    trainer.fit(batches, DepthValidation(config, held_out, fabric.device))
    return trainer

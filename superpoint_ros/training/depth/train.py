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
from superpoint_ros.evaluation.datasets.catalogue import FRAME_LAYOUTS, read_dataset
from superpoint_ros.evaluation.datasets.frames import Frame
from superpoint_ros.networks.d3 import D3, LOG_SPREAD_RANGE
from superpoint_ros.training.depth.config import DepthConfig
from superpoint_ros.training.depth.data import DepthBatches, random_window, read_frame, to_example
from superpoint_ros.training.depth.renders import render_places
from superpoint_ros.training.gradnorm import GradNorm
from superpoint_ros.training.loop import Losses, Trainer, autocast, make_fabric, step_rng

LEAST_REFERENCE = 0.02  # error of an untrained network below which an image's error is not measured against it
UNKNOWABLE_ERROR = 1.0  # of log depth, where the truth is beyond reach: a factor of e
LAST_SHARED = "up1.leave.0.weight"
VALIDATION_SHARES = (0.0005, 0.004, 0.01)
VALIDATION_RANK = 2**32


def untrained(hints: Tensor) -> Tensor:
    """What D3 says before it is trained, (B, 1, H, W): the mean of the log depths of both fills."""
    return hints[:, :2].mean(dim=1, keepdim=True)


def depth_loss(log_depth: Tensor, log_start: Tensor, log_truth: Tensor) -> Tensor:
    """Mean absolute error of log depth over that of an untrained network, averaged over the images.

    Args:
        log_depth, log_start, log_truth: (B, 1, H, W); truth that is not finite does not count.
    """
    known = torch.isfinite(log_truth)
    truth = torch.where(known, log_truth, 0.0)
    pixels = known.sum(dim=(1, 2, 3)).clamp(min=1)
    error = (((log_depth - truth).abs() * known).sum(dim=(1, 2, 3))) / pixels
    reference = (((log_start - truth).abs() * known).sum(dim=(1, 2, 3))) / pixels
    return (error / reference.clamp(min=LEAST_REFERENCE)).mean()


def confidence_loss(log_depth: Tensor, log_spread: Tensor, log_truth: Tensor) -> Tensor:
    """Negative log-likelihood of the errors as they are under a Laplace distribution, raised so as to be positive.

    Truth that is infinite counts as an error of UNKNOWABLE_ERROR; the depth itself gets no gradient.
    """
    known = ~torch.isnan(log_truth)
    error = (log_depth.detach() - torch.where(torch.isfinite(log_truth), log_truth, 0.0)).abs()
    error = torch.where(torch.isinf(log_truth), UNKNOWABLE_ERROR, error)
    likelihood = error * torch.exp(-log_spread) + log_spread - LOG_SPREAD_RANGE[0]
    return torch.where(known, likelihood, 0.0).sum() / known.sum().clamp(min=1)


class DepthLoss:
    """The network, both losses and their balance."""

    def __init__(self, config: DepthConfig, fabric: Fabric):
        self.config = config
        self.gradnorm = GradNorm(
            2, config.alpha, device=fabric.device, reduce=lambda value: cast(Tensor, fabric.all_reduce(value))
        )

    def __call__(self, model: nn.Module, batch: dict[str, Tensor], step: int) -> Losses:
        rgb = batch["rgb"].float() / 255.0
        with autocast(self.config.loop.precision, rgb.device):
            log_depth, log_spread = model(rgb, batch["hints"])
        losses = {
            "depth": depth_loss(log_depth, untrained(batch["hints"]), batch["log_truth"]),
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
    """Error over an untrained network's, and mean relative error, at several densities on frames not trained on."""

    def __init__(self, config: DepthConfig, frames: list[Frame], device: torch.device):
        self.config, self.device = config, device
        rng = step_rng(config.loop.seed, VALIDATION_RANK, 0)
        images = [random_window(*read_frame(frame), config.size, 1.0, rng) for frame in frames]
        self.examples: dict[float, list[dict[str, Tensor]]] = {}
        for share in VALIDATION_SHARES:
            self.examples[share] = []
            for rgb, depth in images:
                reachable = np.where(depth < config.max_depth, depth, 0.0).astype(np.float32)
                sparse = sample_depth(reachable, "uniform", round(share * depth.size), rng)
                if np.isfinite(sparse).any():
                    self.examples[share].append(to_example(rgb, depth, sparse, config.max_depth))

    @torch.no_grad()
    def __call__(self, model: nn.Module) -> dict[str, float]:
        values: dict[str, float] = {}
        for share, examples in self.examples.items():
            scores = [self._score(model, example) for example in examples]
            ratio, relative = np.mean(scores, axis=0)
            values |= {f"ratio_{share:g}": float(ratio), f"relative_{share:g}": float(relative)}
        return values

    def _score(self, model: nn.Module, example: dict[str, Tensor]) -> tuple[float, float]:
        batch = {name: value[None].to(self.device) for name, value in example.items()}
        with autocast(self.config.loop.precision, self.device):
            log_depth, _ = model(batch["rgb"].float() / 255.0, batch["hints"])
        known = torch.isfinite(batch["log_truth"])
        relative = torch.expm1(log_depth - batch["log_truth"])[known].abs().mean()
        return float(depth_loss(log_depth, untrained(batch["hints"]), batch["log_truth"])), float(relative)


def find_frames(folders: list[Path]) -> list[Frame]:
    """All frames with depth of data sets in any known layout, and of the folders of such in a folder.

    Raises:
        DatasetError: none there.
    """
    roots = [root for folder in folders for root in (sorted(folder.glob("place_*")) or [folder])]
    frames = [frame for root in roots for frame in read_dataset(root, FRAME_LAYOUTS) if frame.depth is not None]
    if not frames:
        raise DatasetError(f"no depth images in {', '.join(map(str, folders)) or 'no folder'}")
    return frames


def train_depth(config: DepthConfig, data: list[Path], folder: Path, accelerator: str = "auto") -> Trainer:
    """Train D3, going on from the folder's checkpoint if there is one.

    Args:
        config: see DepthConfig.
        data: data sets with depth; none = rooms and streets, rendered to the run's folder first.
        folder: of the run.
        accelerator: "auto", "cpu" or "cuda".

    Returns:
        The finished trainer; its model is a D3.
    """
    fabric = make_fabric(config.loop, folder, accelerator)
    if not data:
        render, data = config.render, [folder / "renders"]
        data[0].mkdir(parents=True, exist_ok=True)
        if fabric.is_global_zero:
            render_places(
                data[0], render.places, render.views, render.size, render.seed, render.processes, render.device
            )
        fabric.barrier()
    frames = find_frames(data)
    if len(frames) <= config.validation_images:
        raise DatasetError(f"{len(frames)} depth images, {config.validation_images} of them to validate on: too few")
    trained, held_out = frames[: -config.validation_images], frames[-config.validation_images :]
    torch.manual_seed(config.loop.seed)
    model, loss = D3(), DepthLoss(config, fabric)
    trainer = Trainer(fabric, model, loss, config.loop, folder, {"gradnorm": loss.gradnorm})
    trainer.resume()
    batches = DepthBatches(config, trained, fabric.global_rank)
    trainer.fit(batches, DepthValidation(config, held_out, fabric.device))
    return trainer

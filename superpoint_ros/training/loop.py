"""One training loop for all stages: Fabric, checkpoints, exact resume, TensorBoard.

Batch number i is a pure function of (seed, rank, i), and so are the learning rate and all noise, so a run that was
interrupted continues exactly as it would have gone on.
"""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import lightning_fabric
import numpy as np
import torch
from lightning_fabric.loggers.tensorboard import TensorBoardLogger
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

from superpoint_ros.core.errors import CheckpointError, SuperPointRosError
from superpoint_ros.inference.devices import find_device
from superpoint_ros.training.config import LoopConfig

LAST_CHECKPOINT, PREVIOUS_CHECKPOINT = "last.ckpt", "previous.ckpt"
FINAL_RATE = 0.01
VALIDATION_RANK = 2**32  # no process has it, so validation draws what training never sees

logger = logging.getLogger(__name__)
Losses = dict[str, Tensor]
Network = TypeVar("Network", bound=nn.Module)


def make_fabric(config: LoopConfig, folder: Path, device: str = "auto") -> lightning_fabric.Fabric:
    """Set up Fabric for this process; under `torchrun` it joins the others, alone it is a single device.

    Raises:
        OSError: The folder cannot be created, which would be known only at the first checkpoint.
        BackendError: The device is not there.
    """
    find_device(device)
    folder.mkdir(parents=True, exist_ok=True)
    fabric = lightning_fabric.Fabric(
        accelerator=device,
        devices=int(os.environ.get("LOCAL_WORLD_SIZE", 1)),
        num_nodes=int(os.environ.get("GROUP_WORLD_SIZE", 1)),
        loggers=TensorBoardLogger(folder, name="tensorboard", version=""),
    )
    fabric.launch()
    return fabric


def autocast(precision: str, device: torch.device) -> torch.autocast:
    """Return the context in which networks run: bfloat16 for "bf16-mixed", nothing for "32-true".

    Not left to Fabric, which forbids the partial gradients that GradNorm needs once it does mixed precision itself.
    """
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16-mixed")


def channels_last(network: Network) -> Network:
    """Put a network's weights into the memory order in which convolutions are fastest."""
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def learning_rate(step: int, config: LoopConfig) -> float:
    """Compute a linear warm-up, then a cosine from the highest rate to FINAL_RATE of it."""
    if step < config.warmup:
        return config.learning_rate * (step + 1) / config.warmup
    progress = (step - config.warmup) / max(1, config.steps - config.warmup)
    cosine = 0.5 * (1.0 + math.cos(math.pi * min(1.0, progress)))
    return config.learning_rate * (FINAL_RATE + (1.0 - FINAL_RATE) * cosine)


def step_rng(seed: int, rank: int, step: int) -> np.random.Generator:
    """Make the NumPy generator of one step of one process."""
    return np.random.default_rng([seed, rank, step])


def step_generator(seed: int, rank: int, step: int, device: torch.device) -> torch.Generator:
    """Make the torch generator of one step of one process, on the device."""
    return torch.Generator(device).manual_seed(int(step_rng(seed, rank, step).integers(2**62)))


def _first_lines(error: Exception) -> str:
    """Say in one line what the first two lines of an error say; the first alone may end in a colon."""
    return " ".join(line.strip() for line in str(error).splitlines()[:2]) or type(error).__name__


class TrainingError(SuperPointRosError, RuntimeError):
    """Report a training run that cannot come to anything; the message says what to change."""


class Trainer:
    """Run a loss over numbered batches and keep what is needed to go on later.

    Args:
        fabric: What `make_fabric` returned.
        model: Network; its forward pass happens inside `loss`.
        loss: Function (model, batch on the device, step) -> named losses, of which "total" is minimized.
        config: Steps, rates, intervals.
        folder: Folder where checkpoints and TensorBoard files go.
        extra: Further objects with state_dict and load_state_dict that belong to the run.
    """

    def __init__(
        self,
        fabric: lightning_fabric.Fabric,
        model: nn.Module,
        loss: Callable[[nn.Module, Any, int], Losses],
        config: LoopConfig,
        folder: Path,
        extra: dict[str, Any] | None = None,
    ):
        self.fabric, self.loss, self.config, self.folder = fabric, loss, config, folder
        trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
        optimizer = torch.optim.Adam(trained, lr=config.learning_rate)
        self.model, self.optimizer = fabric.setup(channels_last(model), optimizer)
        self.extra = extra or {}
        self.step = 0
        self.validation: dict[str, float] = {}

    def save(self) -> None:
        """Write the checkpoint to the folder in one move; the one before it is kept as well.

        Raises:
            TrainingError: The network holds values that are not finite; both checkpoints stay as they are.
        """
        self._check_finite()
        state = {"model": self.model, "optimizer": self.optimizer, "step": self.step, "validation": self.validation}
        state |= {name: value.state_dict() for name, value in self.extra.items()}
        partial = self.folder / (LAST_CHECKPOINT + ".partial")
        self.fabric.save(partial, state)
        if self.fabric.is_global_zero:
            last = self.folder / LAST_CHECKPOINT
            if last.exists():
                last.replace(self.folder / PREVIOUS_CHECKPOINT)
            partial.replace(last)
        self.fabric.barrier()

    def _check_finite(self) -> None:
        """Notice that training has come to nothing, on every process at the same step."""
        bad = [name for name, value in self.model.named_parameters() if not torch.isfinite(value).all()]
        if bad:
            raise TrainingError(
                f"step {self.step}: {len(bad)} tensors of the network are not finite, '{bad[0]}' first; the "
                f"checkpoints in '{self.folder}' are from before. Lower loop.learning_rate or set "
                f"loop.precision=32-true, and start the run again: it goes on from {LAST_CHECKPOINT}, or from "
                f"{PREVIOUS_CHECKPOINT} if you delete that"
            )

    def resume(self) -> bool:
        """Load the folder's newest checkpoint and return True, or False if there is none.

        Raises:
            CheckpointError: It is damaged, or of another network.
        """
        paths = [self.folder / name for name in (LAST_CHECKPOINT, PREVIOUS_CHECKPOINT)]
        path = next((path for path in paths if path.exists()), None)
        if path is None:
            return False
        try:
            state = self.fabric.load(path)
        except Exception as error:  # torch.load and pickle raise what they like on a damaged file
            others = f"from {PREVIOUS_CHECKPOINT}" if path != paths[1] and paths[1].exists() else "from the start"
            text = f"'{path}' is damaged ({_first_lines(error)}); delete it, and the run goes on {others}"
            raise CheckpointError(text) from error
        try:
            self._load(state)
        except (RuntimeError, ValueError, KeyError, TypeError) as error:
            raise CheckpointError(
                f"'{path}' is of a run whose network or trained layers are not those of the configuration "
                f"({_first_lines(error)}); set them as that run had them, or give another folder"
            ) from error
        logger.info("resumed %s at step %d", path, self.step)
        return True

    def _load(self, state: dict[str, Any]) -> None:
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        for name, value in self.extra.items():
            value.load_state_dict(state[name])
        self.step, self.validation = state["step"], state["validation"]

    def fit(self, batches: Dataset[Any], validate: Callable[[nn.Module], dict[str, float]] | None = None) -> None:
        """Train from the present step to the last; batches[i] is the batch of step i."""
        config = self.config
        remaining = range(self.step, config.steps)
        loader = DataLoader(
            batches,
            batch_size=None,
            sampler=remaining,
            num_workers=config.workers,
            persistent_workers=config.workers > 0,
            pin_memory=self.fabric.device.type == "cuda",
        )
        bar = tqdm(loader, total=config.steps, initial=self.step, disable=not self.fabric.is_global_zero, unit="step")
        for batch in bar:
            losses = self._train_step(self.fabric.to_device(batch))
            self.step += 1
            if config.log_every and self.step % config.log_every == 0:
                self._check_finite()
                values = {name: float(value.detach()) for name, value in losses.items()}
                self.fabric.log_dict(values, self.step)
                bar.set_postfix({name: f"{value:.3f}" for name, value in values.items()})
            if validate and config.validate_every and self.step % config.validate_every == 0:
                self._validate(validate)
            if config.save_every and self.step % config.save_every == 0:
                self.save()
        self.save()

    def _train_step(self, batch: Any) -> Losses:
        self.model.train()
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.step, self.config)
        losses = self.loss(self.model, batch, self.step)
        self.optimizer.zero_grad()
        self.fabric.backward(losses["total"])
        self.optimizer.step()
        return losses

    def _validate(self, validate: Callable[[nn.Module], dict[str, float]]) -> None:
        if self.fabric.is_global_zero:
            self.model.eval()
            self.validation = values = validate(self.model.module)
            self.fabric.log_dict({f"validation/{name}": value for name, value in values.items()}, self.step)
            logger.info("step %d: %s", self.step, ", ".join(f"{k} {v:.3f}" for k, v in values.items()))
        self.fabric.barrier()

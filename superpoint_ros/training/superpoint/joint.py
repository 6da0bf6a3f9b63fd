"""SuperPoint: detector and descriptor trained together on pairs of views (SuperPoint paper, section 6)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from superpoint_ros.core.errors import DatasetError, ParameterError
from superpoint_ros.inference.models import ModelSpec
from superpoint_ros.networks.decode import heatmap, sample_descriptors
from superpoint_ros.networks.layers import ARCHITECTURES
from superpoint_ros.scenes.photometric import Photometric
from superpoint_ros.training.gradnorm import GradNorm
from superpoint_ros.training.labels import IGNORED, NO_CORNER
from superpoint_ros.training.loop import VALIDATION_RANK, Losses, Trainer, autocast, make_fabric, step_generator
from superpoint_ros.training.losses import contrastive_descriptor_loss, detector_loss, hinge_descriptor_loss
from superpoint_ros.training.superpoint.batch_norm import SuperPointBN
from superpoint_ros.training.superpoint.config import SuperPointConfig
from superpoint_ros.training.superpoint.distillation import Teacher, distillation_loss
from superpoint_ros.training.superpoint.initial import load_initial_weights
from superpoint_ros.training.superpoint.pairs import PairBatches, labeled_images, make_views
from superpoint_ros.training.superpoint.reprojection import reprojection_loss
from superpoint_ros.training.superpoint.validation import SuperPointValidation

LAST_SHARED = "conv4b"


def _sample(descriptors: Tensor, xy: Tensor) -> Tensor:
    """Sample dense descriptors (B, D, h, w) at pixels xy (B, K, 2) as at inference: (B, K, D)."""
    dense = descriptors.float()
    return torch.stack([sample_descriptors(d, at, "exact") for d, at in zip(dense, xy, strict=True)])


def _between(batch: dict[str, Tensor]) -> Tensor:
    """Return the homographies (B, 3, 3) from the first view of each pair to the second."""
    to_first, to_second = batch["homographies"].unbind(dim=1)
    between: Tensor = to_second @ torch.linalg.inv(to_first)
    return between


class SuperPointLoss:
    """Make views on the device, then both losses and their balance."""

    teacher: Teacher | None = None

    def __init__(self, config: SuperPointConfig, fabric: Fabric):
        self.config = config
        self.fabric = fabric
        self.rank = fabric.global_rank
        theory = [float(np.log(NO_CORNER + 1)), float(np.log(config.num_correspondences))]
        initial = theory if config.descriptor_loss == "contrastive" else None
        self.gradnorm = GradNorm(2, config.alpha, 0.025, initial, fabric.device, self._mean_over_processes)

    def _mean_over_processes(self, value: Tensor) -> Tensor:
        mean = self.fabric.all_reduce(value)
        assert isinstance(mean, Tensor)
        return mean

    def __call__(self, model: nn.Module, batch: dict[str, Tensor], step: int) -> Losses:
        """Return "total", its parts "detector" and "descriptor", and the others that count; weights that change."""
        clean, valid = make_views(batch, self.config.size)
        generator = step_generator(self.config.loop.seed, self.rank, step, clean.device)
        views = Photometric(self.config.photometric, generator)(clean)
        with autocast(self.config.loop.precision, views.device):
            logits, descriptors = model(views.contiguous(memory_format=torch.channels_last))
        labels = batch["labels"].transpose(0, 1).flatten(0, 1).masked_fill(~valid, IGNORED)
        losses = {
            "detector": detector_loss(logits.float(), labels, self.config.corner_weight),
            "descriptor": self._descriptor_loss(descriptors, batch, valid),
        }
        losses = self._balance(model, losses)
        if self.config.reprojection_weight > 0.0:
            first, second = heatmap(logits).chunk(2)
            distance = reprojection_loss(first, second, batch["correspondences"], batch["filled"], _between(batch))
            losses = _with_part(losses, "reprojection", distance, self.config.reprojection_weight)
        if self.teacher is not None:
            targets = self.teacher(clean)
            difference = distillation_loss(
                logits.float(), descriptors.float(), *targets, valid, self.config.corner_weight
            )
            losses = _with_part(losses, "distillation", difference, self.config.distillation_weight)
        return losses

    def _descriptor_loss(self, descriptors: Tensor, batch: dict[str, Tensor], valid: Tensor) -> Tensor:
        first, second = descriptors.chunk(2)
        if self.config.descriptor_loss == "hinge":
            return hinge_descriptor_loss(first.float(), second.float(), _between(batch), valid.chunk(2)[1])
        xy0, xy1 = torch.split(batch["correspondences"], 2, dim=2)
        sampled = _sample(first, xy0), _sample(second, xy1)
        return contrastive_descriptor_loss(*sampled, xy0, xy1, batch["filled"], self.config.temperature)

    def _balance(self, model: nn.Module, losses: Losses) -> Losses:
        config = self.config
        if config.balance == "fixed":
            total = config.detector_weight * losses["detector"] + config.descriptor_weight * losses["descriptor"]
            return losses | {"total": total}
        tasks = [losses["detector"], losses["descriptor"]]
        self.gradnorm.update(tasks, model.get_parameter(_parameter_name(model)))
        detector_weight, descriptor_weight = self.gradnorm.weights.detach().clone()
        weights = {"weight/detector": detector_weight, "weight/descriptor": descriptor_weight}
        return losses | weights | {"total": self.gradnorm.total(tasks)}


def _with_part(losses: Losses, name: str, part: Tensor, weight: float) -> Losses:
    return losses | {name: part, "total": losses["total"] + weight * part}


def _parameter_name(model: nn.Module) -> str:
    return next(name for name, _ in model.named_parameters() if name.endswith(f"{LAST_SHARED}.weight"))


def _split(config: SuperPointConfig, names: list[Path]) -> tuple[list[Path], list[Path]]:
    """Split off images to validate on, by a random order that the seed sets; those to train on come first."""
    if len(names) <= config.validation_images:
        raise DatasetError(
            f"{len(names)} labeled images, of which validation_images={config.validation_images} are held out: none "
            "is left to train on; add images or lower validation_images"
        )
    order = np.random.default_rng(config.loop.seed).permutation(len(names))
    shuffled = [names[i] for i in order]
    return shuffled[config.validation_images :], shuffled[: config.validation_images]


def _make_teacher(model: ModelSpec | None, config: SuperPointConfig) -> Teacher | None:
    if (model is None) != (config.distillation_weight == 0.0):
        raise ParameterError(
            f"distillation_weight={config.distillation_weight} with{'out' if model is None else ''} a teacher: "
            "give both or neither"
        )
    if model is None:
        return None
    return Teacher(model, ARCHITECTURES[config.architecture]["convDb"][1])


def train_superpoint(
    config: SuperPointConfig,
    images: Path,
    labels: Path,
    folder: Path,
    initial: Path | None = None,
    teacher: ModelSpec | None = None,
    device: str = "auto",
) -> Trainer:
    """Train SuperPoint, going on from the folder's checkpoint if there is one.

    Args:
        config: Views, losses, steps; see SuperPointConfig.
        images: Folder of images of any size.
        labels: Folder of what `superpoint-ros label` wrote for them.
        folder: Folder of the run: checkpoints and TensorBoard files.
        initial: Weights to start from: a run's `last.ckpt` or a `.safetensors` file in the package layout, of
            MagicPoint or SuperPoint; None for random ones.
        teacher: Network to learn from, with a `distillation_weight`; None = none.
        device: "auto", "cpu" or "cuda".

    Returns:
        The finished trainer, with the network and the last validation.

    Raises:
        DatasetError: there are no more labeled images than `validation_images`.
        CheckpointError: `initial` or the teacher cannot be read, or `initial` is of another architecture.
        ParameterError: A teacher without `distillation_weight`, or the other way round.
    """
    fabric = make_fabric(config.loop, folder, device)
    torch.manual_seed(config.loop.seed)
    trained, held_out = _split(config, labeled_images(images, labels))
    batches = PairBatches(config, images, labels, trained, fabric.global_rank)
    loss = SuperPointLoss(config, fabric)
    loss.teacher = _make_teacher(teacher, config)
    model = SuperPointBN(ARCHITECTURES[config.architecture])
    if initial is not None:
        load_initial_weights(model, initial, make_views(batches[0], config.size)[0])
    model.freeze(config.frozen_layers)
    trainer = Trainer(fabric, model, loss, config.loop, folder, {"gradnorm": loss.gradnorm})
    trainer.resume()
    validation = SuperPointValidation(
        config, PairBatches(config, images, labels, held_out, VALIDATION_RANK), fabric.device
    )
    trainer.fit(batches, validation)
    return trainer

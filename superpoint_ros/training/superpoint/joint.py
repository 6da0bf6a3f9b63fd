"""SuperPoint: detector and descriptor trained together on pairs of views (SuperPoint paper, section 6)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from lightning_fabric import Fabric
from torch import Tensor, nn

from superpoint_ros.core.decode_options import CELL_SIZE, ResolvedDecodeOptions
from superpoint_ros.core.errors import DatasetError
from superpoint_ros.core.types import Features
from superpoint_ros.evaluation.metrics.descriptors import descriptor_scores
from superpoint_ros.evaluation.metrics.keypoints import in_shared_region, repeatability
from superpoint_ros.networks.checkpoint import load_checkpoint
from superpoint_ros.networks.decode import decode, heatmap, sample_descriptors
from superpoint_ros.networks.superpoint import SuperPoint
from superpoint_ros.scenes.photometric import Photometric
from superpoint_ros.training.export import load_trained_state
from superpoint_ros.training.gradnorm import GradNorm
from superpoint_ros.training.homographies import valid_mask, warp_images
from superpoint_ros.training.labels import IGNORED, NO_CORNER
from superpoint_ros.training.loop import Losses, Trainer, autocast, make_fabric, step_generator
from superpoint_ros.training.losses import contrastive_descriptor_loss, detector_loss, hinge_descriptor_loss
from superpoint_ros.training.superpoint.batch_norm import SuperPointBN, unfold_batch_norm
from superpoint_ros.training.superpoint.config import SuperPointConfig
from superpoint_ros.training.superpoint.pairs import PairBatches, labeled_images
from superpoint_ros.training.superpoint.reprojection import reprojection_loss

VALIDATION_OPTIONS = ResolvedDecodeOptions(
    detection_threshold=0.005, nms_radius=4, remove_borders=4, max_keypoints=300, subpixel=True
)
VALIDATION_RANK = 2**32
LAST_SHARED = "conv4b"


def make_views(batch: dict[str, Tensor], size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Warp a batch of canvases.

    Returns:
        float (2B, 1, H, W) in [0, 1], the first views of all pairs first; bool (2B, h, w), the cells of 8x8 pixels
        that show nothing but image content.
    """
    canvas = batch["canvas"].float() / 255.0
    homographies = batch["homographies"].transpose(0, 1).flatten(0, 1)
    views = warp_images(canvas.repeat(2, 1, 1, 1), homographies, size)
    shown = valid_mask(homographies, (canvas.shape[2], canvas.shape[3]), size)
    missing = F.max_pool2d((~shown).float()[:, None], CELL_SIZE)[:, 0]
    return views, missing == 0


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
        """Return "total" and its parts: "detector", "descriptor", "reprojection" if it counts, weights that change."""
        views, valid = make_views(batch, self.config.size)
        generator = step_generator(self.config.loop.seed, self.rank, step, views.device)
        views = Photometric(self.config.photometric, generator)(views)
        with autocast(self.config.loop.precision, views.device):
            logits, descriptors = model(views.contiguous(memory_format=torch.channels_last))
        labels = batch["labels"].transpose(0, 1).flatten(0, 1).masked_fill(~valid, IGNORED)
        losses = {
            "detector": detector_loss(logits.float(), labels, self.config.corner_weight),
            "descriptor": self._descriptor_loss(descriptors, batch, valid),
        }
        balanced = self._balance(model, losses)
        weight = self.config.reprojection_weight
        if weight == 0.0:
            return balanced
        first, second = heatmap(logits).chunk(2)
        distance = reprojection_loss(first, second, batch["correspondences"], batch["filled"], _between(batch))
        return balanced | {"reprojection": distance, "total": balanced["total"] + weight * distance}

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


def _parameter_name(model: nn.Module) -> str:
    return next(name for name, _ in model.named_parameters() if name.endswith(f"{LAST_SHARED}.weight"))


class SuperPointValidation:
    """Measure repeatability, localisation error, matching score and NN mAP on pairs that training never sees."""

    def __init__(self, config: SuperPointConfig, batches: PairBatches, device: torch.device):
        self.batches = []
        for step in range(-(-config.validation_images // config.batch)):
            batch = {key: value.to(device) for key, value in batches[step].items()}
            views, _ = make_views(batch, config.size)
            generator = step_generator(config.loop.seed, VALIDATION_RANK, step, device)
            noisy = Photometric(config.photometric, generator)(views)
            to_first, to_second = batch["homographies"].cpu().numpy().transpose(1, 0, 2, 3)
            self.batches.append((noisy, to_second @ np.linalg.inv(to_first)))
        self.config = config

    @torch.no_grad()
    def __call__(self, model: nn.Module) -> dict[str, float]:
        """Return means over the pairs, at 3 pixels and 300 points."""
        scores = []
        for views, homographies in self.batches:
            with autocast(self.config.loop.precision, views.device):
                logits, descriptors = model(views.contiguous(memory_format=torch.channels_last))
            features = [
                self._features(*found) for found in decode(logits, descriptors, self.config.size, VALIDATION_OPTIONS)
            ]
            half = len(features) // 2
            for first, second, homography in zip(features[:half], features[half:], homographies, strict=True):
                scores.append(self._score(first, second, homography))
        names = ("repeatability", "localization_error", "matching_score", "nn_map")
        return dict(zip(names, np.nanmean(np.array(scores), axis=0).tolist(), strict=True))

    def _features(self, xy: Tensor, score: Tensor, descriptors: Tensor) -> Features:
        return Features(xy.cpu().numpy(), score.cpu().numpy(), descriptors.cpu().numpy(), self.config.size)

    def _score(self, first: Features, second: Features, homography: np.ndarray) -> tuple[float, float, float, float]:
        shared0 = in_shared_region(first.xy, homography, self.config.size)
        shared1 = in_shared_region(second.xy, np.linalg.inv(homography), self.config.size)
        found = repeatability(first.xy[shared0], second.xy[shared1], homography)
        matched = descriptor_scores(first, second, homography)
        return found.score, found.localization_error, matched.matching_score, matched.mean_average_precision


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


def _initial_network(path: Path | None, loss: SuperPointLoss, batch: dict[str, Tensor]) -> SuperPointBN:
    """Build a random network, a run's, or a weights file's with batch norms fitted to the batch."""
    if path is None:
        return SuperPointBN()
    if path.suffix == ".safetensors":
        views, _ = make_views(batch, loss.config.size)
        return unfold_batch_norm(SuperPoint.from_weights(load_checkpoint(path).weights), views)
    network = SuperPointBN()
    network.load_state_dict(load_trained_state(path))
    return network


def train_superpoint(
    config: SuperPointConfig,
    images: Path,
    labels: Path,
    folder: Path,
    initial: Path | None = None,
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
        device: "auto", "cpu" or "cuda".

    Returns:
        The finished trainer, with the network and the last validation.

    Raises:
        DatasetError: there are no more labeled images than `validation_images`.
        CheckpointError: `initial` cannot be read.
    """
    fabric = make_fabric(config.loop, folder, device)
    torch.manual_seed(config.loop.seed)
    trained, held_out = _split(config, labeled_images(images, labels))
    batches = PairBatches(config, images, labels, trained, fabric.global_rank)
    loss = SuperPointLoss(config, fabric)
    model = _initial_network(initial, loss, batches[0])
    model.freeze(config.frozen_layers)
    trainer = Trainer(fabric, model, loss, config.loop, folder, {"gradnorm": loss.gradnorm})
    trainer.resume()
    validation = SuperPointValidation(
        config, PairBatches(config, images, labels, held_out, VALIDATION_RANK), fabric.device
    )
    trainer.fit(batches, validation)
    return trainer

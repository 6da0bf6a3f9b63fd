"""MagicPoint: the detector trained on Synthetic Shapes (SuperPoint paper, section 4)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from superpoint_ros.core.decode_options import ResolvedDecodeOptions
from superpoint_ros.evaluation.metrics.curves import average_precision
from superpoint_ros.evaluation.metrics.keypoints import match_detections
from superpoint_ros.networks.decode import heatmap, select_keypoints
from superpoint_ros.scenes.photometric import Photometric
from superpoint_ros.scenes.synthetic_shapes import draw_scene
from superpoint_ros.training.labels import cell_labels
from superpoint_ros.training.loop import (
    VALIDATION_RANK,
    Losses,
    Trainer,
    autocast,
    make_fabric,
    step_generator,
    step_rng,
)
from superpoint_ros.training.losses import detector_loss
from superpoint_ros.training.superpoint.batch_norm import MagicPointBN
from superpoint_ros.training.superpoint.config import MagicPointConfig
from superpoint_ros.training.superpoint.initial import load_initial_weights

VALIDATION_OPTIONS = ResolvedDecodeOptions(detection_threshold=0.001, nms_radius=4, remove_borders=0, max_keypoints=300)
VALIDATION_TOLERANCE = 2.0  # pixels


class SyntheticBatches(Dataset[dict[str, Tensor]]):
    """Draw batch i of drawings and their labels when asked for and never repeated."""

    def __init__(self, config: MagicPointConfig, rank: int):
        self.config = config
        self.rank = rank

    def __len__(self) -> int:
        return self.config.loop.steps

    def __getitem__(self, step: int) -> dict[str, Tensor]:
        """Return {"images": uint8 (B, 1, H, W), "labels": int64 (B, H/8, W/8)}."""
        config = self.config
        rng = step_rng(config.loop.seed, self.rank, step)
        drawings = [draw_scene(rng, config.size, config.warp) for _ in range(config.batch)]
        labels = [cell_labels(corners, config.size, rng) for _, corners in drawings]
        images = np.stack([image for image, _ in drawings])[:, None]
        return {"images": torch.from_numpy(images), "labels": torch.from_numpy(np.stack(labels))}


class MagicPointLoss:
    """Apply photometric noise on the device, then compute the detector's cross-entropy."""

    def __init__(self, config: MagicPointConfig, rank: int):
        self.config = config
        self.rank = rank

    def __call__(self, model: nn.Module, batch: dict[str, Tensor], step: int) -> Losses:
        """Return the loss of a batch of drawings, as {"total": loss}."""
        images = batch["images"].float() / 255.0
        generator = step_generator(self.config.loop.seed, self.rank, step, images.device)
        images = Photometric(self.config.photometric, generator)(images)
        with autocast(self.config.loop.precision, images.device):
            logits = model(images.contiguous(memory_format=torch.channels_last))
        return {"total": detector_loss(logits.float(), batch["labels"], self.config.corner_weight)}


class MagicPointValidation:
    """Measure the average precision of corners on drawings that training never sees, clean and with noise."""

    def __init__(self, config: MagicPointConfig, device: torch.device):
        rng = step_rng(config.loop.seed, VALIDATION_RANK, 0)
        drawings = [draw_scene(rng, config.size, config.warp) for _ in range(config.validation_images)]
        self.corners = [corners for _, corners in drawings]
        self.config = config
        self.clean = torch.from_numpy(np.stack([image for image, _ in drawings]))[:, None].float().to(device) / 255.0
        generator = step_generator(config.loop.seed, VALIDATION_RANK, 0, device)
        self.noisy = Photometric(config.photometric, generator)(self.clean)

    def __call__(self, model: nn.Module) -> dict[str, float]:
        """Return {"clean": mAP, "noisy": mAP} of a model that gives logits, corners counting within 2 pixels."""
        return {"clean": self._precision(model, self.clean), "noisy": self._precision(model, self.noisy)}

    @torch.no_grad()
    def _precision(self, model: nn.Module, images: Tensor) -> float:
        found = []
        for part in torch.split(images, self.config.batch):
            with autocast(self.config.loop.precision, part.device):
                logits = model(part.contiguous(memory_format=torch.channels_last))
            found += select_keypoints(heatmap(logits), VALIDATION_OPTIONS)
        confidence = np.concatenate([score.cpu().numpy() for _, score in found])
        correct = [
            match_detections(xy.cpu().numpy(), score.cpu().numpy(), corners, VALIDATION_TOLERANCE)[0]
            for (xy, score), corners in zip(found, self.corners, strict=True)
        ]
        return average_precision(confidence, np.concatenate(correct), sum(map(len, self.corners)))


def train_magicpoint(
    config: MagicPointConfig, folder: Path, initial: Path | None = None, device: str = "auto"
) -> Trainer:
    """Train MagicPoint, going on from the folder's checkpoint if there is one.

    Args:
        config: Drawings, noise, steps; see MagicPointConfig.
        folder: Folder of the run: checkpoints and TensorBoard files.
        initial: Weights to start from: a run's `last.ckpt` or a `.safetensors` file; None for random ones.
        device: "auto", "cpu" or "cuda".

    Returns:
        The finished trainer, with the network and the last validation.

    Raises:
        CheckpointError: `initial` cannot be read, or is of another architecture.
    """
    fabric = make_fabric(config.loop, folder, device)
    torch.manual_seed(config.loop.seed)
    batches = SyntheticBatches(config, fabric.global_rank)
    model = MagicPointBN()
    if initial is not None:
        load_initial_weights(model, initial, batches[0]["images"].float() / 255.0)
    trainer = Trainer(fabric, model, MagicPointLoss(config, fabric.global_rank), config.loop, folder)
    trainer.resume()
    trainer.fit(batches, MagicPointValidation(config, fabric.device))
    return trainer

"""A larger network's answers as a target: knowledge distillation (Hinton et al., arXiv 1503.02531)."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from superpoint_ros.core.errors import ParameterError
from superpoint_ros.inference.graphs import build_superpoint
from superpoint_ros.inference.models import ModelSpec
from superpoint_ros.inference.network_options import RuntimeOptions
from superpoint_ros.networks.checkpoint import load_checkpoint


class Teacher:
    """Run a trained network on the processor in its fastest precision.

    Its descriptors are taken along the principal directions of its last layer's weights. Those of descriptors would
    differ from one set of images to the next, and so would what the student is to learn: between processes, seeds,
    and rounds of training.

    Args:
        model: Weights of the teacher.
        descriptor_size: Number of values of the student's descriptors.

    Raises:
        CheckpointError: The weights cannot be used.
        ParameterError: The student's descriptors are larger than the teacher's.
    """

    def __init__(self, model: ModelSpec, descriptor_size: int):
        from superpoint_ros.inference.openvino_runtime import load_network

        checkpoint = load_checkpoint(model.file, model.sha256)
        self._network = load_network(build_superpoint, model, checkpoint, RuntimeOptions())
        last_layer = torch.from_numpy(checkpoint.weights["convDb.weight"]).double().flatten(1)
        if descriptor_size > (size := len(last_layer)):
            raise ParameterError(f"the teacher's descriptors have {size} values, the student's {descriptor_size}")
        self._projection = principal_directions(last_layer.mT, descriptor_size).float()

    def __call__(self, views: Tensor) -> tuple[Tensor, Tensor]:
        """Answer images float (B, 1, H, W) in [0, 1], without noise.

        Returns:
            Probabilities (B, 65, h, w); descriptors (B, D, h, w) in the student's number of dimensions, unit length.
        """
        probability, descriptors = (answer.to(views.device) for answer in self._run(views))
        projected = descriptors @ self._projection.to(views.device)
        return probability, F.normalize(projected, dim=-1).permute(0, 3, 1, 2)

    def _run(self, views: Tensor) -> tuple[Tensor, Tensor]:
        images = (views * 255.0).round().to("cpu", torch.uint8).numpy()
        answers = [[answer.copy() for answer in self._network(image[None])] for image in images]
        probability, descriptors = (np.concatenate(of_all) for of_all in zip(*answers, strict=True))
        return torch.from_numpy(probability), torch.from_numpy(descriptors)


def principal_directions(vectors: Tensor, count: int) -> Tensor:
    """Return orthonormal columns (D, count) that keep most of the similarities between vectors (N, D).

    The strongest comes first; the largest value of each is positive.
    """
    _, directions = torch.linalg.eigh(vectors.mT @ vectors)  # ascending
    strongest = directions[:, -count:].flip(1)
    largest = strongest.gather(0, strongest.abs().argmax(dim=0, keepdim=True))
    signed: Tensor = strongest * largest.sign()
    return signed


def distillation_loss(
    logits: Tensor, descriptors: Tensor, probability: Tensor, target: Tensor, valid: Tensor, corner_weight: float
) -> Tensor:
    """Add the cross-entropy against the teacher's probabilities and one minus the descriptors' similarity.

    Args:
        logits: Logits of the student, float (B, 65, h, w).
        descriptors: Unit vectors of the student, float (B, D, h, w).
        probability: Probabilities of the teacher, (B, 65, h, w).
        target: Unit vectors of the teacher, (B, D, h, w).
        valid: Cells that show image content, bool (B, h, w); the others do not count.
        corner_weight: How often a cell counts where the teacher is sure of a corner; see `detector_loss`.

    Returns:
        Weighted mean over the cells.
    """
    entropy = -(probability * torch.log_softmax(logits, dim=1)).sum(dim=1)
    weight = (1.0 + (corner_weight - 1.0) * (1.0 - probability[:, -1])) * valid
    difference = (1.0 - (descriptors * target).sum(dim=1)) * valid
    return (weight * entropy).sum() / weight.sum().clamp(min=1) + difference.sum() / valid.sum().clamp(min=1)

"""Quality of SuperPoint during training, on pairs of views that training never sees."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from superpoint_ros.core.decode_options import ResolvedDecodeOptions
from superpoint_ros.core.types import Features
from superpoint_ros.evaluation.metrics.descriptors import descriptor_scores
from superpoint_ros.evaluation.metrics.keypoints import in_shared_region, repeatability
from superpoint_ros.networks.decode import decode
from superpoint_ros.scenes.photometric import Photometric
from superpoint_ros.training.loop import VALIDATION_RANK, autocast, step_generator
from superpoint_ros.training.superpoint.config import SuperPointConfig
from superpoint_ros.training.superpoint.pairs import PairBatches, make_views

VALIDATION_OPTIONS = ResolvedDecodeOptions(
    detection_threshold=0.005, nms_radius=4, remove_borders=4, max_keypoints=300, subpixel=True
)


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

"""Outputs of the two public implementations on real images, reproduced: see README.md beside the golden files."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
import torch
from helpers.shared_data import shared_data

from superpoint_ros.core.decode_options import DecodeOptions
from superpoint_ros.core.types import Features
from superpoint_ros.inference.extractor import Extractor

IMAGES = ("icl", "fr")


def weights_file(tmp_path, layout: str):
    path = shared_data("goldens/seeded_weights.py")
    specification = importlib.util.spec_from_file_location("seeded_weights", path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    torch.save(getattr(module, layout)(), tmp_path / "weights.pth")
    return tmp_path / "weights.pth"


def extract(tmp_path, layout: str, image: np.ndarray) -> Features:
    extractor = Extractor(
        weights_file(tmp_path, layout),
        device="cpu",
        precision="float32",
        options=DecodeOptions(detection_threshold=0.1, max_keypoints=None),
    )
    return extractor.extract(image)


def by_place(
    xy: np.ndarray, score: np.ndarray, descriptors: np.ndarray
) -> dict[tuple[int, int], tuple[float, np.ndarray]]:
    return {(int(x), int(y)): (s, d) for (x, y), s, d in zip(xy, score, descriptors, strict=True)}


def compare(golden, image: str, features: Features):
    """Places only in the golden output, only in ours; largest score difference, least cosine of the rest."""
    points, descriptors = golden[f"{image}_points"], golden[f"{image}_desc"].astype(np.float32)
    if len(descriptors) != points.shape[1]:
        descriptors = descriptors.T
    theirs = by_place(points[:2].T, points[2], descriptors)
    ours = by_place(features.xy, features.score, features.descriptors)
    common = theirs.keys() & ours.keys()
    scores = max(abs(theirs[place][0] - ours[place][0]) for place in common)
    cosines = [theirs[p][1] @ ours[p][1] / np.linalg.norm(theirs[p][1]) for p in common]
    return theirs.keys() - common, ours.keys() - common, scores, min(cosines)


@pytest.mark.parametrize("image", IMAGES)
def test_the_released_demo(tmp_path, image):
    golden = np.load(shared_data("goldens/magicleap_demo.npz"))
    features = extract(tmp_path, "magicleap_layout", golden[f"{image}_image"])
    only_theirs, only_ours, score_difference, cosine = compare(golden, image, features)
    assert not only_theirs
    assert not only_ours
    assert score_difference < 1e-4
    assert cosine > 0.999


@pytest.mark.parametrize("image", IMAGES)
def test_the_batch_norm_port(tmp_path, image):
    golden = np.load(shared_data("goldens/batchnorm_port.npz"))
    features = extract(tmp_path, "batchnorm_layout", golden[f"{image}_image"])
    only_theirs, only_ours, score_difference, cosine = compare(golden, image, features)
    count = golden[f"{image}_points"].shape[1]
    assert len(only_theirs) < 0.015 * count
    assert len(only_ours) < 0.015 * count
    assert score_difference < 1e-4
    assert cosine > 0.999

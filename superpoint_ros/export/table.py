"""An .npz file of columns, which NumPy reads: a row for each keypoint, and a row for each match."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from superpoint_ros.core.files import written_whole
from superpoint_ros.export.content import ExportedImage, ExportedPair


def write_table(path: Path, images: Sequence[ExportedImage], pairs: Sequence[ExportedPair]) -> None:
    """Write the columns.

    Of K images: name (K,), image_size (K, 2) as (height, width). Of all N keypoints: image (N,), the number of their
    image, xy (N, 2) in pixels, score (N,), sigma (N,) in pixels, NaN = unknown, descriptors (N, D). Of all M matches:
    match_images (M, 2), match_rows (M, 2), counted from the first keypoint of each image, match_distance (M,) and
    match_inlier (M,), whether it agrees with the geometry of its pair.
    """
    features = [image.features for image in images]
    matches = [pair.matches for pair in pairs]
    ends = np.array([[pair.image0, pair.image1] for pair in pairs], np.int64).reshape(-1, 2)
    none = np.zeros((0, 2), np.int64)
    columns: dict[str, Any] = {
        "name": np.array([image.name for image in images]),
        "image_size": np.array([one.image_size for one in features]),
        "image": np.repeat(np.arange(len(images)), [len(one) for one in features]),
        "xy": np.concatenate([one.xy for one in features]),
        "score": np.concatenate([one.score for one in features]),
        "sigma": np.concatenate([_sigma(image) for image in images]),
        "descriptors": np.concatenate([one.descriptors for one in features]),
        "match_images": np.repeat(ends, [len(one) for one in matches], axis=0),
        "match_rows": np.concatenate([none, *(np.column_stack([one.index0, one.index1]) for one in matches)]),
        "match_distance": np.concatenate([np.zeros(0, np.float32), *(one.distance for one in matches)]),
        "match_inlier": np.concatenate([np.zeros(0, bool), *(_inliers(pair) for pair in pairs)]),
    }
    with written_whole(path) as beside:
        np.savez_compressed(beside, **columns)


def _sigma(image: ExportedImage) -> np.ndarray:
    sigma = image.features.sigma
    return np.full(len(image.features), np.nan, np.float32) if sigma is None else sigma


def _inliers(pair: ExportedPair) -> np.ndarray:
    return np.zeros(len(pair.matches), bool) if pair.geometry is None else pair.geometry.inliers

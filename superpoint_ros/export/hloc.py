"""The files of hloc (https://github.com/cvg/Hierarchical-Localization): features.h5, matches.h5 and pairs.txt.

Keypoints are as in this package, pixel centers at integers: hloc adds 0.5 where it writes COLMAP's database.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from superpoint_ros.core.files import written_whole
from superpoint_ros.export.content import ExportedImage, ExportedPair


def write_hloc_features(path: Path, images: Sequence[ExportedImage]) -> None:
    """Write a group for each image: keypoints (N, 2), descriptors (D, N), scores (N,), image_size (width, height)."""
    import h5py

    with written_whole(path) as beside, h5py.File(beside, "w") as file:
        for image in images:
            group = file.create_group(image.name)
            group["keypoints"] = image.features.xy.astype(np.float32)
            group["descriptors"] = image.features.descriptors.T.astype(np.float32)
            group["scores"] = image.features.score.astype(np.float32)
            group["image_size"] = np.array(image.features.image_size[::-1])


def write_hloc_matches(path: Path, images: Sequence[ExportedImage], pairs: Sequence[ExportedPair]) -> None:
    """Write a group for each pair, NAME0/NAME1: matches0 (N0,), the row of image 1 or -1, and matching_scores0 (N0,).

    The score of a match is (1 + cosine of the descriptors) / 2, as that of hloc's own matcher; that of no match is 0.
    """
    import h5py

    with written_whole(path) as beside, h5py.File(beside, "w") as file:
        for pair in pairs:
            image0, image1 = images[pair.image0], images[pair.image1]
            matches0 = np.full(len(image0.features), -1, np.int32)
            scores0 = np.zeros(len(image0.features), np.float32)
            matches0[pair.matches.index0] = pair.matches.index1
            scores0[pair.matches.index0] = 1 - pair.matches.distance**2 / 4
            group = file.create_group("/".join(image.name.replace("/", "-") for image in (image0, image1)))
            group["matches0"], group["matching_scores0"] = matches0, scores0


def write_hloc_pairs(path: Path, images: Sequence[ExportedImage], pairs: Sequence[ExportedPair]) -> None:
    """Write a line "NAME0 NAME1" for each pair."""
    lines = [f"{images[pair.image0].name} {images[pair.image1].name}\n" for pair in pairs]
    with written_whole(path) as beside:
        beside.write_text("".join(lines), encoding="utf-8")

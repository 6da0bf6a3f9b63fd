"""The files are read back as hloc reads them."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.exports import POINTS, exported

from superpoint_ros.export.hloc import write_hloc_features, write_hloc_matches, write_hloc_pairs

h5py = pytest.importorskip("h5py", reason="the extra [evaluation] brings h5py")


def test_features(tmp_path):
    images, _ = exported([None, None])
    write_hloc_features(tmp_path / "features.h5", images)
    with h5py.File(tmp_path / "features.h5") as file:
        for image in images:
            group = file[image.name]
            np.testing.assert_array_equal(group["keypoints"], image.features.xy)
            np.testing.assert_array_equal(group["descriptors"], image.features.descriptors.T)
            np.testing.assert_array_equal(group["scores"], image.features.score)
            assert group["image_size"][()].tolist() == [320, 240]


def test_matches_and_pairs(tmp_path):
    images, pairs = exported([None, None, None])
    write_hloc_matches(tmp_path / "matches.h5", images, pairs)
    write_hloc_pairs(tmp_path / "pairs.txt", images, pairs)
    listed = [line.split() for line in (tmp_path / "pairs.txt").read_text().splitlines()]
    assert listed == [["0.png", "1.png"], ["0.png", "2.png"], ["1.png", "2.png"]]
    with h5py.File(tmp_path / "matches.h5") as file:
        matches, scores = (file["0.png/2.png"][name][()] for name in ("matches0", "matching_scores0"))
    np.testing.assert_array_equal(matches, (np.arange(POINTS) - 2) % POINTS)
    np.testing.assert_allclose(scores, 1, atol=1e-5)


def test_keypoints_without_match_and_scores_by_the_cosine(tmp_path):
    images, (pair,) = exported([None, None])
    keep = np.arange(POINTS) % 2 == 1
    matches = type(pair.matches)(pair.matches.index0[keep], pair.matches.index1[keep], np.full(30, 0.5, np.float32))
    pair = type(pair)(pair.image0, pair.image1, matches, None)
    write_hloc_matches(tmp_path / "matches.h5", images, [pair])
    with h5py.File(tmp_path / "matches.h5") as file:
        matches0, scores0 = (file["0.png/1.png"][name][()] for name in ("matches0", "matching_scores0"))
    assert (matches0[~keep] == -1).all()
    assert (scores0[~keep] == 0).all()
    # |a - b| = 0.5 is a cosine of 0.875
    np.testing.assert_allclose(scores0[keep], (1 + 0.875) / 2, rtol=1e-6)

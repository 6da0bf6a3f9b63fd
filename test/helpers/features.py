"""Comparison of features that different ways to run one network find."""

import numpy as np

from superpoint_ros.core.types import Features


def assert_same_features(first: Features, second: Features) -> None:
    """The same keypoints but for the last bits: of equal strength they may change places."""
    assert len(first) == len(second)
    order0, order1 = (np.lexsort(features.xy.round(1).T) for features in (first, second))
    np.testing.assert_allclose(first.xy[order0], second.xy[order1], atol=2e-3)
    np.testing.assert_allclose(first.score[order0], second.score[order1], atol=1e-4)
    assert np.sum(first.descriptors[order0] * second.descriptors[order1], axis=1).min() > 0.9999

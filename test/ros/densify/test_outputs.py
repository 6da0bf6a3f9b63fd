import numpy as np

from superpoint_ros.core.types import DenseDepth
from superpoint_ros.ros.densify.outputs import limited
from superpoint_ros.ros.densify.parameters import SCHEMA


def test_what_is_too_near_too_far_or_infinite_is_left_out():
    depth = np.float32([[0.5, 2.0, 9.0, np.inf, np.nan]])
    dense = DenseDepth(depth, np.ones_like(depth))
    assert np.isfinite(limited(dense, SCHEMA.parse({}))).tolist() == [[True, True, True, False, False]]
    bounded = limited(dense, SCHEMA.parse({"min_depth": 1.0, "max_depth": 5.0}))
    assert np.isfinite(bounded).tolist() == [[False, True, False, False, False]]

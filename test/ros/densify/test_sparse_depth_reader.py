"""When two images are of one aspect ratio; what else the reader does is asked of the node."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from superpoint_ros.ros.densify.sparse_depth_reader import same_aspect

SIDES = st.integers(8, 2000)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ((480, 640), (240, 320), True),
        ((375, 1242), (188, 621), True),
        ((375, 1242), (187, 621), True),
        ((375, 1242), (94, 311), True),
        ((480, 640), (360, 640), False),
        ((48, 64), (10, 12), False),
        ((480, 640), (640, 480), False),
    ],
)
def test_same_aspect(one, other, same):
    assert same_aspect(one, other) is same
    assert same_aspect(other, one) is same


@given(SIDES, SIDES, st.integers(1, 8))
def test_whole_multiples_are_of_one_aspect_ratio(height, width, factor):
    assert same_aspect((height, width), (factor * height, factor * width))

import numpy as np

from superpoint_ros.scenes.snapshot import draw_snapshot


def test_a_gray_view_that_the_seed_decides():
    first, second = (draw_snapshot(np.random.default_rng(5), (48, 64)) for _ in range(2))
    assert first.shape == (48, 64)
    assert first.dtype == np.uint8
    assert first.std() > 5
    assert (first == second).all()

import numpy as np
import pytest

from superpoint_ros.scenes.collage import draw_collage


@pytest.mark.parametrize("size", [(360, 480), (41, 30), (1, 1)])
def test_size_and_type(size):
    image = draw_collage(np.random.default_rng(3), size)
    assert image.shape == size
    assert image.dtype == np.uint8


def test_the_seed_decides():
    first, second = (draw_collage(np.random.default_rng(5), (90, 120)) for _ in range(2))
    assert (first == second).all()
    assert (draw_collage(np.random.default_rng(6), (90, 120)) != first).mean() > 0.5


def test_there_is_something_to_find_everywhere():
    """Of most pictures every quarter has contrast; nothing is left unpainted."""
    pictures = [draw_collage(np.random.default_rng(seed), (120, 160)) for seed in range(8)]
    assert min(picture.min() for picture in pictures) >= 1
    quarters = [picture[y : y + 60, x : x + 80].std() for picture in pictures for y in (0, 60) for x in (0, 80)]
    assert np.mean(np.array(quarters) > 5) > 0.9

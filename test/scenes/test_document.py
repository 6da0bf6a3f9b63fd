import numpy as np
import pytest

from superpoint_ros.scenes.document import PAGE_SIZE, draw_document, draw_page


@pytest.mark.parametrize("size", [(360, 480), (41, 30), (1, 1)])
def test_size_and_type(size):
    image = draw_document(np.random.default_rng(3), size)
    assert image.shape == size
    assert image.dtype == np.uint8


def test_the_seed_decides():
    first, second = (draw_document(np.random.default_rng(5), (90, 120)) for _ in range(2))
    assert (first == second).all()
    assert (draw_document(np.random.default_rng(6), (90, 120)) != first).mean() > 0.3


def test_a_page_is_light_paper_with_dark_print_and_has_no_hole():
    pages = [draw_page(np.random.default_rng(seed)) for seed in range(8)]
    assert {page.shape for page in pages} == {PAGE_SIZE}
    assert min(page.min() for page in pages) >= 1
    assert all(np.median(page) > 150 for page in pages)
    assert all(0.02 < (page < 120).mean() < 0.5 for page in pages)

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from superpoint_ros.networks.refine import refine_keypoints


def blob(x: float, y: float, sigma: float = 0.7, size: tuple[int, int] = (24, 32)) -> torch.Tensor:
    row, column = torch.meshgrid(torch.arange(size[0]), torch.arange(size[1]), indexing="ij")
    return torch.exp(-((column - x) ** 2 + (row - y) ** 2) / (2 * sigma**2))


def test_by_hand():
    scores = torch.zeros(9, 9)
    scores[4, 4], scores[4, 5], scores[2, 4] = 0.5, 0.25, 0.25
    refined = refine_keypoints(scores, torch.tensor([[4.0, 4.0]]), radius=2)
    torch.testing.assert_close(refined, torch.tensor([[4.25, 3.5]]))
    torch.testing.assert_close(
        refine_keypoints(scores, torch.tensor([[4.0, 4.0]]), radius=1), torch.tensor([[4 + 1 / 3, 4.0]])
    )


@given(st.floats(-0.5, 0.5), st.floats(-0.5, 0.5))
def test_the_center_of_a_blob_is_found(dx, dy):
    refined = refine_keypoints(blob(15 + dx, 11 + dy), torch.tensor([[15.0, 11.0]]))
    torch.testing.assert_close(refined, torch.tensor([[15 + dx, 11 + dy]]), atol=0.03, rtol=0)


def test_a_single_bright_pixel_stays():
    scores = torch.zeros(9, 9)
    scores[3, 5] = 0.9
    torch.testing.assert_close(refine_keypoints(scores, torch.tensor([[5.0, 3.0]])), torch.tensor([[5.0, 3.0]]))


def test_outside_the_image_weighs_nothing():
    refined = refine_keypoints(blob(0, 0), torch.tensor([[0.0, 0.0], [31.0, 23.0]]))
    assert refined[0].min() > 0.0
    assert torch.isfinite(refined).all()
    torch.testing.assert_close(refined[1], torch.tensor([31.0, 23.0]), atol=1.0, rtol=0)


@pytest.mark.parametrize("count", [0, 1, 300])
def test_any_number_of_points(count):
    xy = torch.full((count, 2), 5.0)
    assert refine_keypoints(torch.rand(12, 12), xy).shape == (count, 2)

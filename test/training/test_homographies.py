import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from superpoint_ros.scenes.homography_sampling import HomographyRanges
from superpoint_ros.training.homographies import (
    pixel_grid,
    sample_homographies,
    valid_mask,
    warp_images,
    warp_points,
)

SIZE = (40, 56)
CPU = torch.device("cpu")


def translation(x: float, y: float) -> torch.Tensor:
    return torch.tensor([[1, 0, x], [0, 1, y], [0, 0, 1]], dtype=torch.float64)[None]


def smooth_image() -> torch.Tensor:
    x, y = pixel_grid(SIZE, CPU).T
    return (0.5 + 0.2 * torch.sin(x / 9) + 0.2 * torch.cos(y / 7)).view(1, 1, *SIZE).float()


@given(st.integers(0, 5000))
def test_points_go_there_and_back(seed):
    homographies = sample_homographies(np.random.default_rng(seed), 3, SIZE, HomographyRanges())
    points = torch.rand((3, 20, 2), generator=torch.Generator().manual_seed(seed)) * 40
    back = warp_points(warp_points(points, homographies), torch.linalg.inv(homographies))
    assert (back - points).abs().nan_to_num(0.0).max() < 1e-3


def test_behind_the_camera_is_nan():
    homography = torch.tensor([[[1, 0, 0], [0, 1, 0], [-0.1, 0, 1.0]]])
    warped = warp_points(torch.tensor([[[5.0, 1.0], [20.0, 1.0]]]), homography)
    torch.testing.assert_close(warped[0, 0], torch.tensor([10.0, 2.0]))
    assert torch.isnan(warped[0, 1]).all()


def test_the_sign_of_a_homography_does_not_matter():
    homographies = sample_homographies(np.random.default_rng(0), 2, SIZE, HomographyRanges())
    points = torch.rand(2, 5, 2) * 30
    torch.testing.assert_close(warp_points(points, homographies), warp_points(points, -homographies))


def test_identity_leaves_images_alone():
    image = torch.rand((2, 1, *SIZE), generator=torch.Generator().manual_seed(0))
    identity = torch.eye(3, dtype=torch.float64).expand(2, 3, 3)
    torch.testing.assert_close(warp_images(image, identity, SIZE), image, atol=1e-5, rtol=0)
    assert valid_mask(identity, SIZE, SIZE).all()


def test_whole_pixel_shift_by_hand():
    image = torch.arange(12.0).view(1, 1, 3, 4)
    warped = warp_images(image, translation(1, 0), (3, 4))
    torch.testing.assert_close(warped[0, 0, 1], torch.tensor([0.0, 4.0, 5.0, 6.0]), atol=1e-4, rtol=0)
    mask = valid_mask(translation(1, 0), (3, 4), (3, 4))
    assert mask[0].tolist() == [[False, True, True, True]] * 3


@pytest.mark.parametrize("shift", [(0.25, 0.0), (0.5, -1.75), (3.3, 2.6)])
def test_a_blob_moves_by_the_homography(shift):
    x, y = pixel_grid(SIZE, CPU).T
    blob = torch.exp(-((x - 24) ** 2 + (y - 18) ** 2) / 18).view(1, 1, *SIZE).float()
    warped = warp_images(blob, translation(*shift), SIZE)[0, 0].double().flatten()
    center = torch.stack([(warped * x).sum(), (warped * y).sum()]) / warped.sum()
    np.testing.assert_allclose(center, [24 + shift[0], 18 + shift[1]], atol=0.01)


@given(st.integers(0, 500))
def test_images_go_there_and_back(seed):
    ranges = HomographyRanges(1.0, 0.1, 0.2, 30.0, 0.05)
    homography = sample_homographies(np.random.default_rng(seed), 1, SIZE, ranges)
    there = warp_images(smooth_image(), homography, SIZE)
    back = warp_images(there, torch.linalg.inv(homography), SIZE)
    seen = (
        warp_images(valid_mask(homography, SIZE, SIZE, 1).float()[:, None], torch.linalg.inv(homography), SIZE) > 0.999
    )
    assert (back - smooth_image())[seen].abs().max() < 0.02


def test_a_warp_of_another_size_keeps_the_outline():
    homography = sample_homographies(np.random.default_rng(0), 1, SIZE, HomographyRanges(1.0, 0, 0, 0, 0), (20, 28))
    corners = torch.tensor([[[-0.5, -0.5], [55.5, 39.5]]], dtype=torch.float64)
    expected = torch.tensor([[[-0.5, -0.5], [27.5, 19.5]]], dtype=torch.float64)
    torch.testing.assert_close(warp_points(corners, homography), expected, atol=1e-4, rtol=0)


def test_erosion_by_hand():
    mask = valid_mask(translation(3, 0), (7, 9), (7, 9), erosion=2)[0]
    assert mask[:, :5].sum() == 0
    assert mask[:, 5:].all()

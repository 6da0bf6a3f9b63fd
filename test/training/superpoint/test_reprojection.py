"""The distance between refined keypoints of two views, and its gradient."""

import pytest
import torch

from superpoint_ros.training.superpoint.reprojection import reprojection_loss, strongest_pixel

SIZE = (24, 32)


def bump(x, y, height=0.5):
    """Draw a heat map whose center of mass is (x, y), between four pixels."""
    scores = torch.zeros(SIZE)
    column, row = int(x), int(y)
    for dy, weight_y in ((0, 1 - (y - row)), (1, y - row)):
        for dx, weight_x in ((0, 1 - (x - column)), (1, x - column)):
            scores[row + dy, column + dx] = height * weight_x * weight_y
    return scores


def loss(first, second, points, between=None):
    between = torch.eye(3, dtype=torch.float64) if between is None else between
    correspondences = torch.tensor([points], dtype=torch.float32)
    filled = torch.ones(correspondences.shape[:2], dtype=torch.bool)
    return reprojection_loss(first[None], second[None], correspondences, filled, between[None])


def test_the_strongest_pixel_is_found_up_to_the_image_border():
    scores = bump(0.0, 0.0)
    xy, score = strongest_pixel(scores, torch.tensor([[2.0, 3.0], [9.0, 9.0]]), 3)
    assert xy[0].tolist() == [0.0, 0.0]
    assert score.tolist() == [0.5, 0.0]


def test_the_distance_is_between_centers_of_mass():
    first, second = bump(10.25, 12.0), bump(10.5, 12.25)
    assert loss(first, second, [[11, 11, 9, 13]]).item() == pytest.approx((0.25**2 + 0.25**2) ** 0.5, abs=1e-6)


def test_the_first_view_is_warped_into_the_second():
    between = torch.tensor([[1.0, 0.0, 5.0], [0.0, 1.0, -3.0], [0.0, 0.0, 1.0]], dtype=torch.float64)
    assert loss(bump(10.25, 12.5), bump(15.25, 9.5), [[10, 12, 15, 9]], between).item() == pytest.approx(0.0, abs=1e-5)


def test_strong_pairs_count_more_and_distant_ones_not_at_all():
    first, second = bump(10, 10, 0.8), bump(10.5, 10, 0.8)
    for y, shift, height in ((4, 1.0, 0.2), (17, 5.0, 0.9)):
        first, second = first + bump(20, y, height), second + bump(20 + shift, y, height)
    points = [[10, 10, 10, 10], [20, 4, 21, 4], [20, 17, 25, 17]]
    weights = (0.8 * 0.4) ** 0.5, 0.2  # the peak of the half-way point has half the height
    expected = (weights[0] * 0.5 + weights[1] * 1.0) / sum(weights)
    assert loss(first, second, points).item() == pytest.approx(expected, abs=1e-5)


def test_rows_that_are_not_filled_do_not_count_and_nothing_common_is_no_loss():
    correspondences, between = torch.zeros(1, 3, 4), torch.eye(3, dtype=torch.float64)[None]
    scores = bump(10, 10)[None]
    assert reprojection_loss(scores, scores, correspondences, torch.zeros(1, 3, dtype=torch.bool), between) == 0.0


def test_the_gradient_draws_the_peaks_together():
    first, second = bump(10.2, 12).requires_grad_(), bump(10.8, 12)
    loss(first, second, [[10, 12, 10, 12]]).backward()
    assert torch.isfinite(first.grad).all()
    assert first.grad[12, 11] < 0 < first.grad[12, 10]

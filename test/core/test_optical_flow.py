"""Optical flow on images whose motion is known."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest
from helpers.shared_data import shared_data

from superpoint_ros.core.errors import ParameterError
from superpoint_ros.core.optical_flow import FlowOptions, follow_along, follow_points, follow_through, step_variance

IMAGE = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (200, 240), np.uint8), (0, 0), 2.0)
POINTS = np.float32([[x, y] for y in range(50, 150, 20) for x in range(50, 200, 20)])


def warped(matrix):
    return cv2.warpAffine(IMAGE, np.float64(matrix), IMAGE.shape[::-1], borderMode=cv2.BORDER_REFLECT)


@pytest.mark.parametrize("shift", [(0.0, 0.0), (0.5, -0.25), (7.3, 4.6), (-12.0, 3.0)])
def test_translations_are_found_between_pixels(shift):
    flow = follow_points(IMAGE, warped([[1, 0, shift[0]], [0, 1, shift[1]]]), POINTS, FlowOptions())
    assert flow.found.all()
    np.testing.assert_allclose(flow.xy, POINTS + np.float32(shift), atol=0.05)


def test_a_guess_reaches_further_than_the_pyramid():
    moved = np.roll(IMAGE, 60, axis=1)
    options = FlowOptions(flow_levels=0)
    inside = POINTS[POINTS[:, 0] < 150]
    assert follow_points(IMAGE, moved, inside, options).found.mean() < 0.5
    guess = inside + np.float32([58, 1])
    given = guess.copy()
    flow = follow_points(IMAGE, moved, inside, options, guess)
    assert flow.found.all()
    np.testing.assert_allclose(flow.xy, inside + np.float32([60, 0]), atol=0.05)
    np.testing.assert_array_equal(guess, given)


def test_points_are_not_overwritten_where_the_guess_is_where_they_were():
    points = POINTS.copy()
    flow = follow_points(IMAGE, warped([[1, 0, 5], [0, 1, 0]]), points, FlowOptions(), points)
    np.testing.assert_array_equal(points, POINTS)
    np.testing.assert_allclose(flow.xy, POINTS + np.float32([5, 0]), atol=0.05)


def test_a_point_that_is_covered_does_not_find_its_way_back():
    covered = IMAGE.copy()
    covered[80:121, 80:121] = np.random.default_rng(1).integers(0, 256, (41, 41), np.uint8)
    flow = follow_points(IMAGE, covered, np.float32([[100, 100], [180, 60]]), FlowOptions())
    assert flow.found.tolist() == [False, True]


@pytest.mark.parametrize("gray", [0, 128, 255])
def test_nothing_is_found_in_an_image_of_one_gray(gray):
    assert not follow_points(IMAGE, np.full_like(IMAGE, gray), POINTS, FlowOptions()).found.any()


@pytest.mark.parametrize(
    ("axis", "shift", "leaves"), [(1, -20, [10, 100]), (1, 20, [230, 100]), (0, -20, [100, 10]), (0, 20, [100, 190])]
)
def test_points_that_leave_the_image_are_not_found(axis, shift, leaves):
    flow = follow_points(IMAGE, np.roll(IMAGE, shift, axis), np.float32([leaves, [100, 100]]), FlowOptions())
    assert flow.found.tolist() == [False, True]


@pytest.mark.parametrize("radius", [4, 7])
def test_a_window_reaches_as_far_as_its_radius(radius):
    for distance, reached in ((radius, True), (radius + 1, False)):
        image = IMAGE.copy()
        cv2.rectangle(image, (100 - distance, 100 - distance), (100 + distance, 100 + distance), 0, 1)
        options = FlowOptions(flow_radius=radius, flow_levels=0, flow_max_return_error=None)
        flow = follow_points(image, IMAGE, np.float32([[100, 100]]), options, np.float32([[100, 100]]))
        assert (flow.residual[0] > 1.0) == reached


def test_what_is_known_of_a_step_decides_its_variance():
    variance = step_variance(np.float32([0, 5, 5, 255]), np.float32([0.01, 0.01, 0.0, 1e-6]))
    np.testing.assert_allclose(variance, [0.003, 4.6e-5 * 25 / 0.01, 0.4, 0.4], rtol=1e-5)


def test_of_a_point_that_is_lost_no_variance_is_known():
    flow = follow_points(IMAGE, np.zeros_like(IMAGE), POINTS, FlowOptions())
    assert np.isnan(flow.variance).all()


def test_no_points_give_no_points():
    flow = follow_points(IMAGE, IMAGE, np.zeros((0, 2), np.float32), FlowOptions())
    assert len(flow.found) == len(flow.variance) == len(flow.return_error) == 0
    assert flow.xy.shape == (0, 2)


@pytest.mark.parametrize("bad", [{"flow_radius": 1}, {"flow_levels": -1}, {"flow_max_return_error": 0.0}])
def test_options_out_of_range_are_named(bad):
    with pytest.raises(ParameterError, match=next(iter(bad))):
        FlowOptions(**bad)


def test_points_that_go_too_far_at_once_are_followed_image_by_image():
    images = [np.roll(IMAGE, 4 * step, axis=1) for step in range(16)]
    options, inside = FlowOptions(flow_levels=1), POINTS[POINTS[:, 0] < 150]
    direct = follow_points(images[0], images[-1], inside, options)
    flow = follow_through(images, inside, options)
    assert direct.found.mean() < 0.5
    assert flow.found.mean() > 0.9
    np.testing.assert_allclose(flow.xy[flow.found], inside[flow.found] + np.float32([60, 0]), atol=0.2)
    mixed = direct.replaced(~direct.found, flow_of(flow, ~direct.found))
    assert mixed.found.sum() >= flow.found.sum()


def test_the_variances_of_the_steps_add_up_and_of_no_step_there_is_none():
    rng, options = np.random.default_rng(0), FlowOptions()
    images = [np.clip(IMAGE + rng.normal(0, 8, IMAGE.shape), 0, 255).astype(np.uint8) for _ in range(5)]
    expected, xy = np.zeros(len(POINTS), np.float32), POINTS
    for before, after in pairwise(images):
        step = follow_points(before, after, xy, options)
        expected, xy = expected + step.variance, step.xy
    flow = follow_through(images, POINTS, options)
    assert flow.found.all()
    np.testing.assert_allclose(flow.variance, expected)
    assert not follow_along(images[:1], POINTS, options).variance.any()


def test_a_point_that_is_lost_on_the_way_stays_lost():
    covered = IMAGE.copy()
    covered[80:121, 80:121] = 128
    flow = follow_through([IMAGE, covered, IMAGE], np.float32([[100, 100], [180, 60]]), FlowOptions())
    assert flow.found.tolist() == [False, True]


@pytest.mark.parametrize("sequence", ["kitchen_7scenes_30hz", "tum_fr2_desk", "kitti_odom_a"])
def test_errors_on_warped_photographs_are_no_larger_than_claimed(sequence):
    """Normalized errors of corners under known homographies, with noise; beyond 5 deviations at most 4 %."""
    rng, normalized = np.random.default_rng(1), []
    for path in sorted(shared_data(f"sequences/{sequence}/images").iterdir())[::4]:
        image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        height, width = image.shape
        corners = cv2.goodFeaturesToTrack(image, 300, 0.01, 8)
        angle, scale, shift = rng.uniform(-0.03, 0.03), rng.uniform(0.97, 1.03), rng.uniform(-8, 8, 2)
        matrix = np.eye(3)
        matrix[:2, :2] = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        matrix[:2, 2] = shift
        moved = cv2.warpPerspective(
            image, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
        )
        seen = [np.clip(one + rng.normal(0, 3, one.shape), 0, 255).astype(np.uint8) for one in (image, moved)]
        flow = follow_points(*seen, corners.reshape(-1, 2), FlowOptions())
        error = flow.xy - cv2.perspectiveTransform(corners.astype(np.float64), matrix).reshape(-1, 2)
        normalized.append((error / np.sqrt(flow.variance)[:, None])[flow.found])
    normalized = np.concatenate(normalized)
    inlier = np.linalg.norm(normalized, axis=1) < 5.0
    assert inlier.mean() > 0.96
    assert 0.2 <= normalized[inlier].var() <= 1.2


def flow_of(flow, rows):
    return type(flow)(*(getattr(flow, name)[rows] for name in flow.__dataclass_fields__))


def test_points_that_do_not_make_the_way_at_once_go_image_by_image():
    options = FlowOptions(flow_levels=0)
    images = [np.roll(IMAGE, 6 * step, axis=1) for step in range(5)]
    points = np.float32([[100, 100], [180, 60]])
    assert not follow_points(images[0], images[-1], points, options).found.any()
    flow = follow_along(images, points, options)
    assert flow.found.all()
    np.testing.assert_allclose(flow.xy, points + np.float32([24, 0]), atol=0.1)
    at_once = follow_along(images, points, options, points + np.float32([24, 0]))
    np.testing.assert_allclose(at_once.xy, points + np.float32([24, 0]), atol=0.1)
    np.testing.assert_array_equal(follow_along(images[:1], points, options).xy, points)

import numpy as np
import pytest

from superpoint_ros.scenes.canvas import Canvas, inset, line_polygon
from superpoint_ros.scenes.homography_sampling import HomographyRanges
from superpoint_ros.scenes.synthetic_shapes import SHAPES, corner_angles, draw_scene, draw_shape

SIZE = (120, 160)


def rendered_edge(profile: np.ndarray) -> float:
    """Where a rendered edge from dark (left) to bright (right) lies, between pixels."""
    low, high = profile[0], profile[-1]
    return len(profile) - 0.5 - float(np.sum((profile - low) / (high - low)))


def blank_canvas() -> Canvas:
    canvas = Canvas(np.random.default_rng(0), (40, 40))
    canvas._background = np.zeros((40, 40), np.float32)
    return canvas


@pytest.mark.parametrize("offset", [0.0, 0.2, 0.37, 0.5, 0.81])
def test_a_corner_is_rendered_where_its_label_is(offset):
    left, top = 12.0 + offset, 15.0 + offset / 2
    canvas = blank_canvas()
    square = np.array([[left, top], [34.3, top], [34.3, 34.3], [left, 34.3]])
    canvas.fill(square, 200.0)
    canvas.label(square[:1])
    image, corners = canvas.render(None)
    found = [rendered_edge(image[25, :30].astype(float)), rendered_edge(image[:30, 25].astype(float))]
    np.testing.assert_allclose(found, corners[0], atol=0.1)


def test_slanted_edges_are_unbiased():
    rng, areas = np.random.default_rng(3), []
    for _ in range(40):
        angle = rng.uniform(0, np.pi / 2)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        square = rng.uniform(18, 21, 2) + np.array([[-8, -8], [8, -8], [8, 8], [-8, 8]]) @ turn.T
        canvas = blank_canvas()
        canvas.fill(square, 255.0)
        areas.append(canvas.render(None)[0].sum() / 255.0)
    assert np.mean(areas) == pytest.approx(256.0, abs=64 * 0.02)


def test_the_homography_moves_labels_with_the_drawing():
    shift = np.array([[1, 0, 3.25], [0, 1, -2.5], [0, 0, 1.0]])
    canvas = blank_canvas()
    square = np.array([[10.0, 12.0], [35.3, 12.0], [35.3, 35.0], [10.0, 35.0]])
    canvas.fill(square, 200.0)
    canvas.label(square[:1])
    image, corners = canvas.render(shift)
    np.testing.assert_allclose(corners, [[13.25, 9.5]])
    assert rendered_edge(image[20, :30].astype(float)) == pytest.approx(13.25, abs=0.1)


def test_covered_corners_are_dropped():
    canvas = blank_canvas()
    canvas.label(np.array([[10.0, 10.0], [30.0, 30.0]]))
    canvas.fill(np.array([[5.0, 5.0], [15, 5], [15, 15], [5, 15]]), 90.0)
    np.testing.assert_array_equal(canvas.render(None)[1], [[30.0, 30.0]])


def test_corners_outside_the_image_are_dropped():
    canvas = blank_canvas()
    canvas.label(np.array([[-0.6, 5.0], [39.4, 39.4], [39.6, 3.0]]))
    np.testing.assert_array_equal(canvas.render(None)[1], [[39.4, 39.4]])


def test_inset_by_hand():
    square = np.array([[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 4.0]])
    np.testing.assert_allclose(inset(square, 1.0), [[1, 1], [3, 1], [3, 3], [1, 3]], atol=1e-6)
    np.testing.assert_allclose(inset(square[::-1], 1.0), [[1, 3], [3, 3], [3, 1], [1, 1]], atol=1e-6)


def test_line_polygon_by_hand():
    line = line_polygon(np.array([0.0, 0.0]), np.array([4.0, 0.0]), 2.0)
    np.testing.assert_allclose(line, [[0, -1], [4, -1], [4, 1], [0, 1]], atol=1e-6)


def test_corner_angles_of_a_right_triangle():
    np.testing.assert_allclose(corner_angles(np.array([[0.0, 0], [2, 0], [0, 2]])), [90, 45, 45])


@pytest.mark.parametrize("kind", sorted(SHAPES))
def test_every_kind_draws_and_labels(kind):
    counts = []
    for seed in range(10):
        image, corners = draw_shape(np.random.default_rng(seed), SIZE, kind)
        assert image.shape == SIZE
        assert image.dtype == np.uint8
        assert np.all((corners >= -0.5) & (corners < np.array(SIZE[::-1]) - 0.5))
        counts.append(len(corners))
    assert (max(counts) == 0) == (kind in ("ellipses", "noise"))


def test_cube_shows_seven_corners():
    _, corners = draw_shape(np.random.default_rng(1), SIZE, "cube", warp=None)
    assert len(corners) == 7


def test_a_seed_gives_the_same_scene_and_another_seed_another():
    first, again, other = (draw_scene(np.random.default_rng(seed), SIZE) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])
    assert not np.array_equal(first[0], other[0])


def test_figures_stand_out_from_the_background():
    for seed in range(10):
        image, _ = draw_shape(np.random.default_rng(seed), SIZE, "triangle", warp=HomographyRanges(1.0, 0, 0, 0, 0))
        assert np.ptp(image.astype(int)) >= 20

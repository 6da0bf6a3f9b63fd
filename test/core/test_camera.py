import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superpoint_ros.core.camera import MAX_FISHEYE_RADIUS, Camera
from superpoint_ros.core.errors import CalibrationError

MATRIX = np.array([[320.0, 0, 319.5], [0, 310.0, 239.5], [0, 0, 1]])
PINHOLE = Camera(MATRIX, np.zeros(0), (480, 640))

coordinate = st.floats(-0.8, 0.8)
points = st.lists(st.tuples(coordinate, coordinate), min_size=1, max_size=20).map(np.array)


@pytest.mark.parametrize(
    "coefficients",
    [
        [],
        [-0.28, 0.07, 2e-4, 2e-5],
        [-0.3, 0.1, 1e-3, -1e-3, -0.02],
        [0.2, 0.05, 1e-4, 1e-4, 0.01, 0.3, 0.06, 0.01],
    ],
)
@given(normalized=points)
def test_normalize_inverts_the_projection(coefficients, normalized):
    camera = Camera(MATRIX, np.array(coefficients), (480, 640))
    rays = np.column_stack([normalized, np.ones(len(normalized))])
    pixels, _ = cv2.projectPoints(rays, np.zeros(3), np.zeros(3), MATRIX, np.array(coefficients))
    np.testing.assert_allclose(camera.normalize(pixels[:, 0]), normalized, atol=1e-6)


@given(normalized=points)
def test_normalize_inverts_the_fisheye(normalized):
    coefficients = np.array([0.02, -0.01, 0.003, -0.001])
    pixels = cv2.fisheye.distortPoints(normalized[:, None], MATRIX, coefficients)
    got = Camera(MATRIX, coefficients, (480, 640), fisheye=True).normalize(pixels[:, 0])
    np.testing.assert_allclose(got, normalized, atol=1e-5)


def test_normalize_by_hand():
    np.testing.assert_allclose(PINHOLE.normalize(np.float32([[479.5, 84.5]])), [[0.5, -0.5]])


@pytest.mark.parametrize("fisheye", [False, True])
def test_no_points(fisheye):
    assert Camera(MATRIX, np.zeros(4), (480, 640), fisheye=fisheye).normalize(np.zeros((0, 2))).shape == (0, 2)


@given(
    st.floats(0, 600), st.floats(0, 400), st.tuples(st.integers(0, 99), st.integers(0, 99)), st.sampled_from([1, 2, 4])
)
def test_a_cut_and_binned_image_sees_the_same_rays(x, y, offset, binning):
    cut = PINHOLE.cropped_and_binned(offset, (binning, binning))
    pixel = (np.array([[x, y]]) - offset + 0.5) / binning - 0.5
    np.testing.assert_allclose(cut.normalize(pixel), PINHOLE.normalize(np.array([[x, y]])), atol=1e-9)


@pytest.mark.parametrize(("fisheye", "count"), [(False, 3), (True, 0), (True, 5)])
def test_wrong_number_of_coefficients(fisheye, count):
    with pytest.raises(CalibrationError, match=f"{count} distortion coefficients"):
        Camera(MATRIX, np.zeros(count), (480, 640), fisheye=fisheye)


@pytest.mark.parametrize(("matrix", "distortion"), [(MATRIX * np.nan, np.zeros(0)), (MATRIX, np.full(4, np.inf))])
def test_a_calibration_that_is_not_finite(matrix, distortion):
    with pytest.raises(CalibrationError, match=r"not finite|no camera matrix"):
        Camera(matrix, distortion, (480, 640))


@pytest.mark.parametrize(
    ("row", "column", "value"), [(2, 2, 0.0), (2, 0, 1e-3), (1, 0, 5.0), (0, 0, 0.0), (1, 1, np.nan)]
)
def test_what_is_no_camera_matrix(row, column, value):
    matrix = MATRIX.copy()
    matrix[row, column] = value
    with pytest.raises(CalibrationError, match=r"is no camera matrix, \[fx s cx; 0 fy cy; 0 0 1\]"):
        Camera(matrix, np.zeros(0), (480, 640))


def test_a_camera_is_fitted_to_the_same_view_at_another_size_and_to_no_other():
    camera = Camera(np.array([[500.0, 0, 319.5], [0, 500, 239.5], [0, 0, 1]]), np.zeros(0), (480, 640))
    assert camera.fitted_to((480, 640)) is camera
    half = camera.fitted_to((240, 320))
    assert half.K.tolist() == [[250, 0, 159.5], [0, 250, 119.5], [0, 0, 1]]
    assert half.image_size == (240, 320)
    for image_size in ((480, 480), (0, 0)):
        with pytest.raises(CalibrationError, match=r"for images of \(height, width\) \(480, 640\), not"):
            camera.fitted_to(image_size)


@pytest.mark.parametrize("image_size", [(0, 0), (0, 640), (480, 0), (9000, 0), (0, 9000)])
def test_a_camera_of_no_size_fits_no_image(image_size):
    camera = Camera(np.eye(3), np.zeros(0), image_size)
    with pytest.raises(CalibrationError, match=r", not \(480, 640\)"):
        camera.fitted_to((480, 640))


@pytest.mark.parametrize("count", range(16))
def test_the_models_have_as_many_coefficients_as_opencv_knows(count):
    if count in (0, 4, 5, 8, 12, 14):
        assert np.isfinite(Camera(MATRIX, np.zeros(count), (480, 640)).normalize(np.zeros((3, 2)))).all()
    else:
        with pytest.raises(CalibrationError, match=r"the model has 0 or 4 or 5 or 8 or 12 or 14"):
            Camera(MATRIX, np.zeros(count), (480, 640))


def test_binning_may_differ_between_the_axes():
    cut = PINHOLE.cropped_and_binned((10, 20), (2, 4))
    assert cut.image_size == (120, 320)
    np.testing.assert_allclose(
        cut.K, [[160, 0, (319.5 - 10 + 0.5) / 2 - 0.5], [0, 77.5, (239.5 - 20 + 0.5) / 4 - 0.5], [0, 0, 1]]
    )
    assert Camera(MATRIX, np.zeros(0), (481, 643)).cropped_and_binned((0, 0), (2, 4)).image_size == (120, 321)


def test_a_pixel_that_no_ray_of_the_fisheye_reaches_is_nan():
    narrow = Camera(MATRIX, np.array([-0.5, 0.0, 0.0, 0.0]), (480, 640), fisheye=True)
    normalized = narrow.normalize(np.array([[900.0, 240.0], [319.5, 239.5]]))
    assert np.isnan(normalized[0]).all()
    np.testing.assert_allclose(normalized[1], [0.0, 0.0], atol=1e-12)


FOLDING = Camera(MATRIX, np.array([-0.45, 0.0, 0.0, 0.0, 0.0]), (480, 640))


def test_beyond_the_fold_of_a_lens_model_there_is_no_ray():
    turn = 1 / np.sqrt(3 * 0.45)  # where r (1 - 0.45 r^2) is largest
    assert FOLDING.invertible_radius == pytest.approx(turn, abs=2e-3)
    pixels = np.array([[319.5 + 320 * r, 239.5] for r in (0.1, 0.5, 0.55, 0.6, 1.0, 2.0)])
    normalized = FOLDING.normalize(pixels)
    assert np.isfinite(normalized[:3]).all()
    assert np.isnan(normalized[3:]).all()


@given(points)
def test_what_is_undistorted_is_distorted_back_or_is_not_a_number(fractions):
    pixels = (fractions / 1.6 + 0.5) * (639, 479)
    normalized = FOLDING.normalize(pixels)
    known = np.isfinite(normalized).all(axis=1)
    assert known.tolist() == np.isfinite(normalized).any(axis=1).tolist()
    rays = np.column_stack([normalized[known], np.ones(known.sum())])
    if len(rays):
        back, _ = cv2.projectPoints(rays, np.zeros(3), np.zeros(3), MATRIX, FOLDING.distortion)
        np.testing.assert_allclose(back[:, 0], pixels[known], atol=0.1)
    assert known[np.linalg.norm(pixels - (319.5, 239.5), axis=1) < 150].all()


def test_a_fisheye_that_folds_back():
    lens = Camera(MATRIX, np.array([-0.5, 0.0, 0.0, 0.0]), (480, 640), fisheye=True)
    assert lens.invertible_radius == pytest.approx(np.tan(1 / np.sqrt(1.5)), abs=5e-3)
    assert np.isnan(lens.normalize(np.array([[319.5 + 320.0, 239.5]]))).all()
    assert Camera(MATRIX, np.zeros(4), (480, 640), fisheye=True).invertible_radius == MAX_FISHEYE_RADIUS


@pytest.mark.parametrize(
    ("coefficients", "fisheye"),
    [((), False), ((-0.3, 0.1, 1e-3, -1e-3), False), ((0.02, -0.01, 0.003, -0.001), True)],
)
def test_projecting_inverts_normalizing_and_there_is_no_pixel_behind(coefficients, fisheye):
    camera = Camera(MATRIX, np.array(coefficients), (480, 640), fisheye=fisheye)
    pixels = np.random.default_rng(0).uniform((0, 0), (640, 480), (50, 2))
    points = np.column_stack([camera.normalize(pixels), np.ones(50)]) * np.linspace(0.1, 50, 50)[:, None]
    np.testing.assert_allclose(camera.project(points), pixels, atol=0.01)
    assert np.isnan(camera.project(np.array([[0.1, 0.1, -1.0], [0.1, 0.1, 0.0]]))).all()
    assert camera.project(np.zeros((0, 3))).shape == (0, 2)


@pytest.mark.parametrize(
    ("coefficients", "fisheye"),
    [([], False), ([-0.28, 0.07, 2e-4, 2e-5], False), ([0.02, -0.01, 0.003, -0.001], True)],
)
@given(normalized=points, skew=st.sampled_from([-30.0, 0.5, 12.0]))
def test_skew_moves_pixels_along_a_row_by_their_height(coefficients, fisheye, normalized, skew):
    """OpenCV knows no skew: the lens bends the rays, and K makes pixels of what it gives."""
    straight = Camera(MATRIX, np.array(coefficients), (480, 640), fisheye=fisheye)
    skewed = Camera(
        MATRIX + skew * np.eye(3, k=1) * [[1], [0], [0]], np.array(coefficients), (480, 640), fisheye=fisheye
    )
    points3 = np.column_stack([normalized, np.ones(len(normalized))])
    pixels = straight.project(points3)
    pixels[:, 0] += skew * (pixels[:, 1] - MATRIX[1, 2]) / MATRIX[1, 1]
    np.testing.assert_allclose(skewed.project(points3), pixels, atol=1e-9)
    np.testing.assert_allclose(skewed.normalize(pixels), normalized, atol=1e-5)

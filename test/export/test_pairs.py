import numpy as np
import pytest
from helpers.exports import OUTLIERS, PLUMB_BOB, POINTS, SIZE, exported

from superpoint_ros.core.errors import ParameterError
from superpoint_ros.core.types import Features
from superpoint_ros.export.content import ExportedImage
from superpoint_ros.export.pairs import PairOptions, image_pairs, match_pair


def test_every_image_with_those_after_it_in_the_window():
    assert image_pairs(4, PairOptions(window=2)) == [(0, 1), (0, 2), (1, 2), (1, 3), (2, 3)]
    assert image_pairs(1, PairOptions()) == []


def test_all_with_each_other():
    assert image_pairs(4, PairOptions(pairing="exhaustive", window=1)) == [
        (0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3),
    ]  # fmt: skip


@pytest.mark.parametrize("camera", [PLUMB_BOB, None])
def test_matches_are_those_of_the_scene_and_outliers_are_told_apart(camera):
    _, (pair,) = exported([camera, camera])
    np.testing.assert_array_equal(pair.matches.index0, np.arange(POINTS))
    np.testing.assert_array_equal(pair.matches.index1, (np.arange(POINTS) - 1) % POINTS)
    geometry = pair.geometry
    assert geometry is not None
    assert (geometry.essential is None) == (camera is None)
    assert (geometry.fundamental is None) == (camera is not None)
    assert geometry.inliers[:-OUTLIERS].all()
    assert geometry.inliers[-OUTLIERS:].sum() <= 1


def test_too_few_inliers_are_no_geometry():
    _, (pair,) = exported([PLUMB_BOB, PLUMB_BOB], PairOptions(min_inliers=POINTS))
    assert len(pair.matches) == POINTS
    assert pair.geometry is None


@pytest.mark.parametrize("camera", [PLUMB_BOB, None])
def test_few_matches_of_a_camera_that_turned_a_little_have_a_geometry(camera):
    """OpenCV's USAC raises an error on some of these."""
    for seed in range(60):
        rng = np.random.default_rng(seed)
        count = int(rng.integers(17, 30))
        xy = np.rint(rng.uniform(0, [SIZE[1] - 1, SIZE[0] - 1], (count, 2))).astype(np.float32)
        moved = xy + np.float32([3, 1])
        moved[:2] += rng.normal(0, 60, (2, 2)).astype(np.float32)
        views = [Features(one, np.ones(count), np.eye(count, dtype=np.float32), SIZE) for one in (xy, moved)]
        images = [ExportedImage(f"{number}.png", view, camera) for number, view in enumerate(views)]
        geometry = match_pair(images, (0, 1), PairOptions(min_inliers=10)).geometry
        assert geometry is not None
        assert geometry.inliers.sum() >= 10


@pytest.mark.parametrize("changes", [{"pairing": "all"}, {"window": 0}, {"epipolar_threshold": 0}, {"min_inliers": 5}])
def test_options_out_of_range_are_refused(changes):
    with pytest.raises(ParameterError, match=next(iter(changes))):
        PairOptions(**changes)

import numpy as np
import pytest

from superpoint_ros.core.drawing import OLD_AGE, Trails, add_caption, age_color, draw_tracks
from superpoint_ros.core.errors import ImageError
from superpoint_ros.core.types import STATUS_NEW, STATUS_TRACKED, Tracks

GRAY = np.full((60, 80, 3), 100, np.uint8)


def tracks(ids, xy, previous=None, age=5, epoch=0, lost=()):
    count = len(ids)
    new = previous is None
    return Tracks(
        epoch=epoch,
        id=np.array(ids, np.int64),
        age=np.full(count, 1 if new else age, np.int32),
        xy=np.array(xy, np.float32).reshape(count, 2),
        previous_xy=np.full((count, 2), np.nan, np.float32) if new else np.array(previous, np.float32),
        distance=np.zeros(count, np.float32),
        mean_distance=np.zeros(count, np.float32),
        status=np.full(count, STATUS_NEW if new else STATUS_TRACKED, np.uint8),
        lost_id=np.array(lost, np.int64),
    )


def changed(image):
    """(x0, y0, x1, y1) around what was drawn on the even background."""
    y, x = np.nonzero((np.abs(image - image[0, 0].astype(int)) > 10).any(axis=2))
    return x.min(), y.min(), x.max(), y.max()


def test_a_new_keypoint_is_a_small_dot_at_its_place():
    x0, y0, x1, y1 = changed(draw_tracks(GRAY, tracks([1], [[30, 20]])))
    assert (x0 + x1, y0 + y1) == (60, 40)
    assert x1 - x0 <= 4


def test_a_track_is_a_line_to_where_it_was():
    x0, _, x1, _ = changed(draw_tracks(GRAY, tracks([1], [[50, 20]], [[10, 20]])))
    assert 9 <= x0 <= 11
    assert 50 <= x1 <= 54


def test_trails_reach_further_back():
    memory = Trails(length=4)
    memory.update(tracks([7], [[10, 40]]))
    memory.update(tracks([7], [[20, 40]], [[10, 40]]))
    newest = tracks([7], [[30, 40]], [[20, 40]])
    with_trail = draw_tracks(GRAY, newest, memory.update(newest))
    assert changed(with_trail)[0] <= 11
    assert changed(draw_tracks(GRAY, newest))[0] >= 19


def test_the_head_has_the_colour_of_its_age():
    image = draw_tracks(GRAY, tracks([1], [[30, 20]], [[30, 20]], age=12))
    assert tuple(image[20, 30]) == age_color(12)


def test_colours_tell_ages_apart_and_then_stay():
    assert len({age_color(age) for age in range(1, OLD_AGE + 1)}) > OLD_AGE * 0.9
    assert age_color(OLD_AGE) == age_color(10 * OLD_AGE)
    assert age_color(0) == age_color(1)


@pytest.mark.parametrize("shape", [(60, 80), (60, 80, 1), (60, 80, 3)])
def test_every_kind_of_image_gives_bgr_and_stays_as_it_was(shape):
    image = np.full(shape, 90, np.uint8)
    drawn = draw_tracks(image, tracks([1, 2], [[5, 5], [70, 50]]))
    assert drawn.shape == (60, 80, 3)
    assert (image == 90).all()


def test_no_tracks_draws_nothing():
    drawn = draw_tracks(GRAY, tracks([], []))
    assert (drawn == drawn[0, 0]).all()


@pytest.mark.parametrize("image", [np.zeros((4, 4, 2), np.uint8), np.zeros((4, 4), np.float32)])
def test_other_images_are_refused(image):
    with pytest.raises(ImageError):
        draw_tracks(image, tracks([], []))


def test_trails_keep_the_last_points_in_order():
    memory = Trails(length=3)
    for step in range(5):
        points = memory.update(tracks([4], [[step, 0]]))
    assert points[4].tolist() == [[2, 0], [3, 0], [4, 0]]


def test_trails_of_lost_tracks_and_of_old_epochs_go():
    memory = Trails()
    memory.update(tracks([1, 2], [[0, 0], [1, 1]]))
    assert set(memory.update(tracks([2], [[1, 1]], lost=[1]))) == {2}
    assert set(memory.update(tracks([3], [[1, 1]], epoch=1))) == {3}


def test_a_track_unseen_for_a_while_keeps_its_trail():
    memory = Trails()
    memory.update(tracks([1], [[0, 0]]))
    memory.update(tracks([], []))
    assert memory.update(tracks([1], [[5, 5]]))[1].tolist() == [[0, 0], [5, 5]]


def test_the_caption_goes_below_and_never_over_the_image():
    captioned = add_caption(GRAY, "image 1   20 tracks   and a text far too long for so small an image")
    assert captioned.shape[1:] == GRAY.shape[1:]
    assert captioned.shape[0] > 60
    assert np.array_equal(captioned[:60], GRAY)
    assert captioned[60:].std() > 0

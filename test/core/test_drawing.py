import cv2
import numpy as np
import pytest

from superpoint_ros.core.drawing import AGE_COLORS, OLD_AGE, Trails, add_caption, age_color, draw_tracks
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


def test_the_head_has_the_color_of_its_age():
    image = draw_tracks(GRAY, tracks([1], [[30, 20]], [[30, 20]], age=12))
    assert tuple(image[20, 30]) == age_color(12)


def test_colors_tell_ages_apart_and_then_stay():
    assert len({age_color(age) for age in range(1, OLD_AGE + 1)}) > OLD_AGE * 0.9
    assert age_color(39) != age_color(40) == age_color(41) == age_color(400)
    assert age_color(0) == age_color(1)
    turbo = cv2.applyColorMap(np.arange(256, dtype=np.uint8)[:, None], cv2.COLORMAP_TURBO)[:, 0].tolist()
    assert [list(age_color(age)) for age in (1, 40)] == [turbo[20], turbo[215]]


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


def test_the_image_is_paled_and_nothing_else():
    image = np.random.default_rng(0).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    drawn = draw_tracks(image, tracks([], []))
    expected = 0.5 * cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)[..., None] + 0.32 * image
    np.testing.assert_allclose(drawn, expected, atol=1.01)
    assert abs((drawn - expected).mean()) < 0.1
    gray = draw_tracks(image[:, :, 0], tracks([], []))
    np.testing.assert_allclose(gray, np.dstack([0.82 * image[:, :, 0]] * 3), atol=1.01)


def test_a_new_keypoint_is_a_light_dot_smaller_than_the_head_of_a_track():
    new = draw_tracks(GRAY, tracks([1], [[30, 20]]))
    old = draw_tracks(GRAY, tracks([1], [[30, 20]], [[30, 20]]))
    assert tuple(new[20, 30]) == (225, 225, 225)
    assert 4 < ((new != 82).any(axis=2)).sum() <= 25
    assert ((new != 82).any(axis=2)).sum() < ((old != 82).any(axis=2)).sum() / 2


def test_the_head_of_a_track_is_a_disc_in_a_dark_ring():
    drawn = draw_tracks(GRAY, tracks([1], [[30, 20]], [[30, 20]], age=OLD_AGE)).astype(int)
    for x, y in ((30, 20), (31, 20), (30, 18), (29, 21)):
        assert tuple(drawn[y, x]) == age_color(OLD_AGE)
    for x, y in ((34, 20), (30, 16), (26, 20)):
        assert (drawn[y, x] < 82).all()
    assert drawn[20, 33].max() < age_color(OLD_AGE)[2] * 0.75
    assert (drawn[20, [24, 36]] == 82).all()


def test_a_line_lets_the_image_through():
    drawn = draw_tracks(GRAY, tracks([1], [[60, 20]], [[10, 20]], age=12))
    share = (drawn[20, 20:50] - 82.0) / (np.array(age_color(12)) - 82.0)
    assert (share > 0.55).all()
    assert (share < 0.7).all()
    assert (drawn[[17, 23], 20:50] == 82).all()


def test_a_trail_is_not_closed():
    trail = {3: np.float32([[10, 50], [10, 10], [70, 10]])}
    drawn = draw_tracks(GRAY, tracks([3], [[70, 10]], [[10, 10]]), trail)
    assert (drawn[30, 10] != 82).any()
    assert (drawn[27:34, 36:45] == 82).all()


def test_old_tracks_are_drawn_above_young_ones():
    both = tracks([1, 2], [[30, 20], [30, 20]], [[30, 20], [30, 20]])
    for ages in ([3, 30], [30, 3]):
        both.age[:] = ages
        assert tuple(draw_tracks(GRAY, both)[20, 30]) == age_color(30)


def test_a_trail_has_twelve_points_unless_told_otherwise():
    memory = Trails()
    for step in range(20):
        points = memory.update(tracks([4], [[step, 0]]))
    assert points[4][:, 0].tolist() == list(range(8, 20))


def test_the_first_and_the_last_color_are_those_of_one_age_each():
    assert age_color(1) != age_color(2)
    assert age_color(OLD_AGE - 1) != age_color(OLD_AGE)
    assert age_color(1) == tuple(AGE_COLORS[0].tolist())
    assert age_color(OLD_AGE) == tuple(AGE_COLORS[-1].tolist())


def caption(width: int, text: str) -> np.ndarray:
    return add_caption(np.zeros((10, width, 3), np.uint8), text)[10:]


def ink(strip: np.ndarray) -> np.ndarray:
    """Where gray letters stand, bool (H, W)."""
    return (np.ptp(strip, axis=2) < 12) & (strip.min(axis=2) > 90)


def bar(strip: np.ndarray) -> tuple[int, int]:
    """First and last column of the bar of colors."""
    columns = np.flatnonzero(np.ptp(strip[len(strip) // 2], axis=1) > 60)
    return columns[0], columns[-1]


@pytest.mark.parametrize(("width", "height"), [(100, 18), (640, 24), (1300, 50)])
def test_the_caption_is_as_high_as_the_image_is_wide_allows(width, height):
    assert caption(width, "").shape == (height, width, 3)


@pytest.mark.parametrize("width", [640, 1300])
def test_the_bar_of_ages_runs_from_young_to_old_between_its_labels(width):
    strip = caption(width, "")
    first, last = bar(strip)
    middle = strip[len(strip) // 2]
    assert tuple(middle[first]) == age_color(1)
    assert tuple(middle[last]) == age_color(OLD_AGE)
    assert last - first + 1 == width // 6
    rows = np.flatnonzero(np.ptp(strip[:, (first + last) // 2], axis=1) > 60)
    assert len(rows) == len(strip) // 3
    assert abs((rows[0] + rows[-1]) / 2 - (len(strip) - 1) / 2) <= 1
    columns = np.flatnonzero(ink(strip).any(axis=0))
    left, right = columns[columns < first], columns[columns > last]
    assert len(left) + len(right) == len(columns)
    assert first - 2.2 * len(strip) <= left[0] <= left[-1] < first
    assert last < right[0] <= last + len(strip) // 3
    assert right[-1] < width


@pytest.mark.parametrize("text", ["image 1", "image 1   20 tracks   " * 3, "image 1   20 tracks   " * 20])
def test_the_text_of_a_caption_stays_clear_of_the_bar_and_of_its_labels(text):
    empty, strip = caption(640, ""), caption(640, text)
    rows, columns = np.nonzero((strip != empty).any(axis=2))
    label = np.flatnonzero(ink(empty).any(axis=0))[0]
    assert 5 <= columns.min() <= 14
    assert columns.max() < label
    assert rows.min() > 0
    assert rows.max() < len(strip) - 1


def test_short_texts_have_one_size_and_long_ones_fill_the_room():
    def extent(text):
        rows, columns = np.nonzero((caption(640, text) != caption(640, "")).any(axis=2))
        return np.ptp(rows), np.ptp(columns)

    assert extent("I")[0] == extent("I I I I I I")[0] >= 9
    assert extent("I" * 200)[0] < extent("I")[0]
    assert extent("I" * 200)[1] > 390


def test_a_long_text_fills_the_room_up_to_the_labels():
    empty, strip = caption(640, ""), caption(640, "WWWW " * 12)
    columns = np.nonzero((strip != empty).any(axis=(0, 2)))[0]
    label = np.flatnonzero(ink(empty).any(axis=0))[0]
    assert label - 2 * len(strip) < columns.max() < label


def test_a_text_of_any_length_ends_before_the_labels():
    strip = caption(640, "")
    room = bar(strip)[0] - 2 * len(strip)
    for length in range(30, 60):
        columns = np.nonzero((strip != caption(640, "W" * length)).any(axis=(0, 2)))[0]
        assert columns.max() < room


def test_captions_are_in_thin_light_letters_on_dark_paper():
    strip = caption(1300, "I")[:, :60]
    assert strip[0, 0].tolist() == [28, 24, 22]
    assert strip.max(axis=(0, 1)).tolist() == [245, 245, 245]
    assert (strip[len(strip) // 2 - 2].max(axis=1) > 100).sum() == 4


def test_the_labels_of_the_bar_are_as_large_as_a_short_text():
    strip = caption(1300, "I")
    first, last = bar(strip)
    columns = np.flatnonzero(ink(strip).any(axis=0))
    heights = [
        np.ptp(np.flatnonzero(ink(strip[:, part]).any(axis=1)))
        for part in (slice(columns[columns > 60][0], first), slice(last + 1, None))
    ]
    text = np.ptp(np.flatnonzero(ink(strip[:, :60]).any(axis=1)))
    assert all(0.6 * text < height < 1.6 * text for height in heights)

import cv2
import numpy as np
import pytest

from superpoint_ros.cli.video import ContactSheet, OverlayVideo
from superpoint_ros.core.errors import SourceError
from superpoint_ros.core.tracker import Tracker
from superpoint_ros.core.types import Features


def empty_tracks():
    return Tracker().update(Features.empty((48, 64)))


def plain(value, size=(48, 64)):
    return np.full((*size, 3), value, np.uint8)


def test_the_sheet_shows_the_first_the_last_and_between():
    sheet = ContactSheet(count=3)
    for value in range(0, 100, 10):
        sheet.add(plain(value))
    image = sheet.compose()
    shown = [int(image[30, x, 0]) for x in (36, 106, 176)]
    assert shown[0] == 0
    assert 30 <= shown[1] <= 60
    assert shown[2] >= 70


def test_the_sheet_forgets_most_of_a_long_run():
    sheet = ContactSheet(count=9)
    for value in range(5000):
        sheet.add(plain(value % 256, (2, 2)))
    assert len(sheet._images) <= 18
    assert sheet.compose().shape == (3 * 8 + 6, 3 * 8 + 6, 3)


def test_a_run_of_one_image():
    sheet = ContactSheet()
    sheet.add(plain(50))
    assert sheet.compose().shape == (48 + 12, 64 + 12, 3)


def test_the_video_can_be_read_back(tmp_path):
    with OverlayVideo(tmp_path, rate=10) as video:
        for value in (0, 80, 160, 240):
            video.add(plain(value), empty_tracks())
    capture = cv2.VideoCapture(str(video.video_path))
    brightness = []
    while (read := capture.read())[0]:
        assert read[1].shape[1] == 64
        brightness.append(read[1][:48].mean())
    assert len(brightness) == 4
    assert brightness == sorted(brightness)
    assert cv2.imread(str(video.sheet_path)) is not None


def test_odd_sizes_and_changing_sizes(tmp_path):
    with OverlayVideo(tmp_path, rate=10) as video:
        video.add(plain(10, (47, 63)), empty_tracks())
        video.add(plain(10, (30, 31)), empty_tracks())
    capture = cv2.VideoCapture(str(video.video_path))
    assert capture.read()[1].shape[1] == 62
    assert capture.read()[0]
    assert not capture.read()[0]


def test_no_image_no_file(tmp_path):
    with OverlayVideo(tmp_path, rate=10):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(SourceError, match="cannot write"), OverlayVideo(tmp_path / "absent", rate=10) as video:
        video.add(plain(1), empty_tracks())

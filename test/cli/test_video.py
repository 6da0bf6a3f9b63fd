import cv2
import numpy as np
import pytest

from superpoint_ros.cli.video import ContactSheet, TrackOverlay, Video, overlay_video
from superpoint_ros.cli.video_file import VideoFile
from superpoint_ros.core.errors import SourceError
from superpoint_ros.core.tracker import Tracker
from superpoint_ros.core.types import Features

pytest.importorskip("av")


def empty_tracks():
    return Tracker().update(Features.empty((48, 64)))


def open_video(folder):
    return Video(folder / "a.mp4", folder / "a.png", rate=10)


def plain(value, size=(48, 64)):
    return np.full((*size, 3), value, np.uint8)


def test_the_sheet_shows_the_first_the_last_and_between():
    sheet = ContactSheet(rows=1)
    for value in range(0, 100, 10):
        sheet.add(plain(value))
    image = sheet.compose()
    shown = [int(image[30, x, 0]) for x in (36, 106, 176)]
    assert shown[0] == 0
    assert 30 <= shown[1] <= 60
    assert shown[2] >= 70


def test_the_sheet_forgets_most_of_a_long_run():
    sheet = ContactSheet()
    for value in range(5000):
        sheet.add(plain(value % 256, (2, 2)))
    assert len(sheet._images) <= 18
    assert sheet.compose().shape == (3 * 8 + 6, 3 * 8 + 6, 3)


def test_a_run_of_one_image():
    sheet = ContactSheet()
    sheet.add(plain(50))
    assert sheet.compose().shape == (48 + 12, 64 + 12, 3)


def test_a_sheet_of_one_column():
    sheet = ContactSheet(columns=1, rows=2)
    for value in (0, 100, 200):
        sheet.add(plain(value))
    image = sheet.compose()
    assert image.shape == (2 * 54 + 6, 64 + 12, 3)
    assert (image[30, 30, 0], image[90, 30, 0]) == (0, 200)


def test_the_video_can_be_read_back(tmp_path):
    with open_video(tmp_path) as video:
        for value in (0, 80, 160, 240):
            video.add(plain(value))
    capture = cv2.VideoCapture(str(video.video_path))
    brightness = []
    while (read := capture.read())[0]:
        assert read[1].shape == (48, 64, 3)
        brightness.append(read[1].mean())
    assert len(brightness) == 4
    assert brightness == sorted(brightness)
    assert cv2.imread(str(video.sheet_path)) is not None


def test_odd_sizes_and_changing_sizes(tmp_path):
    with open_video(tmp_path) as video:
        video.add(plain(10, (47, 63)))
        video.add(plain(10, (30, 31)))
    capture = cv2.VideoCapture(str(video.video_path))
    assert capture.read()[1].shape == (46, 62, 3)
    assert capture.read()[0]
    assert not capture.read()[0]


def test_no_image_no_file(tmp_path):
    with open_video(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(SourceError, match="cannot be written"), open_video(tmp_path / "absent") as video:
        video.add(plain(1))


def test_the_overlay_adds_a_caption_below_the_image():
    overlay = TrackOverlay()
    first, second = (overlay.draw(plain(0, (48, 520)), empty_tracks()) for _ in range(2))
    assert first.shape == (48 + 20, 520, 3)
    np.testing.assert_array_equal(first[:48], second[:48])
    assert (first[48:] != second[48:]).any()


def test_the_overlay_video_has_its_files(tmp_path):
    with overlay_video(tmp_path, rate=10) as video:
        video.add(plain(0))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["contact_sheet.png", "overlay.mp4"]


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (3, 3)])
def test_images_too_small_for_the_codec_are_enlarged(tmp_path, size):
    with open_video(tmp_path) as video:
        video.add(plain(90, size))
        video.add(plain(90, size))
    read, image = cv2.VideoCapture(str(video.video_path)).read()
    assert read
    assert min(image.shape[:2]) >= 16


def test_nothing_is_left_of_a_video_that_cannot_be_written(tmp_path, monkeypatch):
    def fail(self):
        raise SourceError("is there room")

    def break_off():
        with open_video(tmp_path) as video:
            video.add(plain(1))
            monkeypatch.setattr(VideoFile, "close", fail)

    with pytest.raises(SourceError, match="is there room"):
        break_off()
    assert list(tmp_path.iterdir()) == []


def test_without_pyav_there_is_the_contact_sheet_alone_and_a_word(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("superpoint_ros.cli.video_file.find_spec", lambda name: None)
    with open_video(tmp_path) as video:
        video.add(plain(1))
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
    assert video.written == (tmp_path / "a.png",)
    assert "no a.mp4: videos need PyAV" in capsys.readouterr().err

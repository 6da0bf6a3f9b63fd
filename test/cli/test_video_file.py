import sys

import numpy as np
import pytest

from superpoint_ros.cli.video_file import VideoFile, coded_size, missing_encoder
from superpoint_ros.core.errors import MissingExtraError, SourceError

av = pytest.importorskip("av")


def ramps(count=7, size=(48, 64)):
    """Images of a gray level each, with a bright square that moves."""
    images = np.full((count, *size, 3), 40, np.uint8)
    for number, image in enumerate(images):
        image[8:24, 4 * number : 4 * number + 16] = (20, 60, 200)
    return images


def write(path, images, rate=10.0):
    file = VideoFile(path, rate, images.shape[1:3])
    for image in images:
        file.write(image)
    file.close()
    return path


def test_a_file_read_back_is_h264_with_every_image_in_order(tmp_path):
    images = ramps()
    with av.open(str(write(tmp_path / "a.mp4", images))) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert (stream.height, stream.width, float(stream.average_rate)) == (48, 64, 10)
        frames = [frame.to_ndarray(format="bgr24") for frame in container.decode(stream)]
    assert len(frames) == len(images)
    for number, (frame, image) in enumerate(zip(frames, images, strict=True)):
        x = 4 * number + 8
        np.testing.assert_allclose(frame[16, x].astype(int), image[16, x], atol=12)
        np.testing.assert_allclose(frame[40, 60].astype(int), 40, atol=6)


def test_the_index_stands_before_the_images(tmp_path):
    content = write(tmp_path / "a.mp4", ramps()).read_bytes()
    assert 0 < content.index(b"moov") < content.index(b"mdat")


def test_a_rate_that_is_no_integer(tmp_path):
    with av.open(str(write(tmp_path / "a.mp4", ramps(), rate=20 / 3))) as container:
        assert float(container.streams.video[0].average_rate) == pytest.approx(20 / 3, rel=1e-3)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SourceError, match=r"absent/a\.mp4: the video cannot be written"):
        write(tmp_path / "absent" / "a.mp4", ramps())


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/dev/full is Linux's")
def test_a_full_disk_is_an_error(tmp_path):
    (tmp_path / "full.mp4").symlink_to("/dev/full")
    with pytest.raises(SourceError, match="is there room"):
        write(tmp_path / "full.mp4", np.random.default_rng(0).integers(0, 256, (60, 128, 128, 3), np.uint8))


def test_an_ffmpeg_without_the_encoders_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(av, "codecs_available", {"mpeg4"})
    with pytest.raises(MissingExtraError, match="libx264, libopenh264"):
        write(tmp_path / "a.mp4", ramps())


def test_without_pyav_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("superpoint_ros.cli.video_file.find_spec", lambda name: None)
    assert "superpoint_ros[video]" in missing_encoder()
    with pytest.raises(MissingExtraError, match=r"superpoint_ros\[video\]"):
        VideoFile(tmp_path / "a.mp4", 10, coded_size((48, 64)))

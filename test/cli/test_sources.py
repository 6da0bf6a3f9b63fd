import argparse
import subprocess
import sys
from array import array

import cv2
import numpy as np
import pytest
from helpers.bags import picture, write_images_bag, write_messages_bag
from helpers.shared_data import shared_data
from sensor_msgs.msg import CameraInfo, Image

from superpoint_ros.cli.sources import add_source_arguments, open_source
from superpoint_ros.core.errors import SourceError
from superpoint_ros.core.geometry import inverse_pose, lift, project, transform
from superpoint_ros.ros.messages.image_decoding import message_to_array

MAIN = "import sys; from superpoint_ros.cli.main import main; sys.exit(main())"


def source(*words):
    parser = argparse.ArgumentParser()
    add_source_arguments(parser)
    return open_source(parser.parse_args([str(word) for word in words]))


@pytest.fixture
def folder(tmp_path):
    for number in (10, 9, 1):
        cv2.imwrite(str(tmp_path / f"image{number}.png"), picture(number))
    (tmp_path / "notes.txt").write_text("not an image")
    return tmp_path


def test_a_folder_in_the_order_of_its_numbers(folder):
    found = source("--images", folder)
    frames = list(found.frames)
    assert found.length == 3
    assert [frame.stamp for frame in frames] == [0, 50_000_000, 100_000_000]
    for frame, number in zip(frames, (1, 9, 10), strict=True):
        assert np.array_equal(frame.image, picture(number))


def test_frames_limit_and_shrinking(tmp_path):
    for number in range(3):
        cv2.imwrite(str(tmp_path / f"{number}.png"), picture(number, (48, 64)))
    found = source("--images", tmp_path, "--frames", 2, "--max-image-size", 32)
    assert found.length == 2
    assert [frame.image.shape for frame in found.frames] == [(24, 32, 3)] * 2


def test_a_limit_beyond_the_end_is_no_limit(folder):
    found = source("--images", folder, "--frames", 50)
    assert found.length == len(list(found.frames)) == 3


def test_a_video(tmp_path):
    path = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, (32, 24))
    for number in range(4):
        writer.write(np.full((24, 32, 3), 60 * number, np.uint8))
    writer.release()
    found = source("--video", path)
    frames = list(found.frames)
    assert [frame.stamp for frame in frames] == [0, 100_000_000, 200_000_000, 300_000_000]
    assert [round(frame.image.mean() / 60) for frame in frames] == [0, 1, 2, 3]


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("kind", ["ros1", "SQLITE3", "MCAP"])
def test_every_kind_of_bag(kind, compressed, tmp_path):
    path = write_images_bag(tmp_path / ("b.bag" if kind == "ros1" else "b"), kind, compressed=compressed)
    found = source("--bag", path)
    frames = list(found.frames)
    assert found.length == 3
    assert [frame.stamp for frame in frames] == [5_000_000_000, 5_000_000_001, 5_000_000_002]
    assert all(np.array_equal(frame.image, picture(number)) for number, frame in enumerate(frames))


def raw_fields(encoding, rows, row_bytes, padding=0, bigendian=0):
    """The fields of an image of 32x24 with random bytes."""
    data = np.random.default_rng(1).integers(0, 256, (rows, row_bytes + padding), np.uint8)
    return {"height": 24, "width": 32, "encoding": encoding, "is_bigendian": bigendian, "step": row_bytes + padding,
            "data": data.ravel()}  # fmt: skip


ENCODINGS = {
    "padded rows": raw_fields("bgr8", 24, 96, padding=13),
    "nv12": raw_fields("nv12", 36, 32),
    "nv21, padded": raw_fields("nv21", 36, 32, padding=5),
    "8UC1": raw_fields("8UC1", 24, 32),
    "16UC1": raw_fields("16UC1", 24, 64),
    "mono16, big-endian": raw_fields("mono16", 24, 64, bigendian=1),
    "bayer": raw_fields("bayer_grbg8", 24, 32),
    "yuv422": raw_fields("yuv422_yuy2", 24, 64),
}


@pytest.mark.parametrize("kind", ["ros1", "MCAP"])
@pytest.mark.parametrize("case", ENCODINGS)
def test_an_image_of_a_bag_is_decoded_as_a_node_decodes_it(case, kind, tmp_path):
    fields = ENCODINGS[case]
    path = write_images_bag(tmp_path / ("b.bag" if kind == "ros1" else "b"), kind, count=1, fields=fields)
    (frame,) = source("--bag", path).frames
    as_received = Image(**(fields | {"data": array("B", fields["data"].tobytes())}))
    assert np.array_equal(frame.image, message_to_array(as_received, "bgr8"))
    assert frame.image.shape == (24, 32, 3)


def test_messages_of_a_bag_that_hold_no_image_are_left_out_and_said(tmp_path, caplog):
    found = source("--bag", write_images_bag(tmp_path / "b", "MCAP", count=4, cut={1: 50, 2: 3}))
    assert [frame.stamp for frame in found.frames] == [5_000_000_000, 5_000_000_003]
    assert len(found.problems) == 2
    assert "/camera/image_raw, message 1: 50 bytes are no sensor_msgs/msg/Image" in caplog.text


def test_damaged_and_hidden_files_of_a_folder_are_left_out_and_the_former_said(folder, caplog):
    (folder / "image5.png").write_bytes(b"no picture")
    (folder / "._image1.png").write_bytes(b"no picture either")
    found = source("--images", folder)
    assert [frame.stamp for frame in found.frames] == [0, 100_000_000, 150_000_000]
    assert ["image5.png" in problem for problem in found.problems] == [True]
    assert "image5.png" in caplog.text


def test_a_video_that_breaks_off_is_said(tmp_path, caplog):
    path = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, (64, 48))
    for number in range(20):
        writer.write(picture(number, (48, 64)))
    writer.release()
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    found = source("--video", path)
    assert 0 < len(list(found.frames)) < 18
    assert "of 20 frames can be read" in caplog.text
    assert len(found.problems) == 1


def test_no_two_images_of_a_bag_have_the_same_stamp(tmp_path):
    path = write_images_bag(tmp_path / "b", "MCAP", stamps=[(0, 0), (2, 7), (2, 7)])
    assert [frame.stamp for frame in source("--bag", path).frames] == [1000, 2_000_000_007, 2_000_000_008]


def test_a_stamp_before_the_epoch_is_none(tmp_path):
    path = write_images_bag(tmp_path / "b", "MCAP", stamps=[(-7, 5), (2, 7), (-1, 0)])
    assert [frame.stamp for frame in source("--bag", path).frames] == [1000, 2_000_000_007, 1002]


def test_a_topic_is_chosen_by_name(tmp_path):
    path = write_images_bag(tmp_path / "b", "MCAP", topics=("/left", "/right"))
    with pytest.raises(SourceError, match="2 image topics; choose one by --topic: /left, /right"):
        source("--bag", path)
    with pytest.raises(SourceError, match="no image topic /middle; there are /left, /right"):
        source("--bag", path, "--topic", "/middle")
    assert len(list(source("--bag", path, "--topic", "/right").frames)) == 3


@pytest.mark.parametrize("topics", [["/chat", "/words"], []])
@pytest.mark.parametrize(
    "command", [("replay",), ("demo", "--bag"), ("track", "--bag"), ("export", "--bag"), ("view",)]
)
def test_a_bag_without_images_is_refused_in_the_same_words_everywhere(command, topics, tmp_path):
    bag = write_messages_bag(tmp_path / "bag", [(topic, CameraInfo()) for topic in topics])
    # A process of its own: the demo takes the signals of the whole process.
    words = [*command, str(bag), "--output", str(tmp_path / "out")]
    ended = subprocess.run([sys.executable, "-c", MAIN, *words], cwd=tmp_path, capture_output=True, text=True)
    said = ended.stderr
    assert ended.returncode == 2
    assert said.startswith(f"superpoint-ros {command[0]}: '{bag}': has no ")
    assert said.endswith(f"images; there are {', '.join(topics) or 'no topics'}\n")


@pytest.mark.parametrize("name", ["tum_fr2_desk_8f.bag", "tum_fr2_desk_mcap", "kitchen_rgbd_mcap"])
def test_real_bags(name):
    path = shared_data(f"bags/{name}")
    try:
        found = source("--bag", path, "--frames", 2)
    except SourceError as error:
        topic = next(topic for topic in str(error).rpartition(": ")[2].split(", ") if "depth" not in topic)
        found = source("--bag", path, "--frames", 2, "--topic", topic)
    assert [frame.image.shape for frame in found.frames] == [(480, 640, 3)] * 2


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("--images", "no such folder"),
        ("--video", "no such file"),
        ("--bag", "no such file or folder"),
    ],
)
def test_what_is_not_there(option, text, tmp_path):
    with pytest.raises(SourceError, match=text):
        source(option, tmp_path / "absent")


def test_what_is_not_what_it_should_be(tmp_path, folder):
    wrong = folder / "notes.txt"
    with pytest.raises(SourceError, match="not a video"):
        source("--video", wrong)
    with pytest.raises(SourceError, match="cannot be read"):
        source("--bag", wrong)
    (tmp_path / "sub").mkdir()
    with pytest.raises(SourceError, match="no file in it ends in one of"):
        source("--images", tmp_path / "sub")
    (tmp_path / "sub" / "broken.png").write_bytes(b"no picture")
    with pytest.raises(SourceError, match=r"broken\.png.*not an image"):
        list(source("--images", tmp_path / "sub").frames)


def test_an_empty_bag(tmp_path):
    with pytest.raises(SourceError, match="no image"):
        list(source("--bag", write_images_bag(tmp_path / "b", "MCAP", count=0)).frames)


def test_a_camera_that_is_not_there():
    with pytest.raises(SourceError, match="--camera 97"):
        source("--camera", 97)


def test_options_that_do_not_fit(folder):
    with pytest.raises(SourceError, match="must be at least 1"):
        source("--frames", 0)
    with pytest.raises(SourceError, match="must be at least 32 px"):
        source("--max-image-size", 0)
    with pytest.raises(SourceError, match="--seed -1: must be at least 0"):
        source("--seed", -1)
    with pytest.raises(SourceError, match="--camera -1: must be at least 0"):
        source("--camera", -1)
    with pytest.raises(SourceError, match="--bag only"):
        source("--images", folder, "--topic", "/x")
    with pytest.raises(SystemExit):
        source("--images", folder, "--camera", 0)


def test_the_rendered_room_knows_its_truth():
    found = source("--frames", 2, "--max-image-size", 80)
    first, second = found.frames
    assert first.image.shape == (60, 80, 3)
    assert (first.stamp, second.stamp) == (0, 50_000_000)
    truth = found.truth
    xy = np.array([[40.0, 30.0]])
    points = lift(xy, truth.depths[0][[30], [40]], truth.K)
    moved = project(transform(points, inverse_pose(truth.poses[1]) @ truth.poses[0]), truth.K)
    assert 0 < np.linalg.norm(moved - xy) < 8


def test_a_camera_is_read_for_a_while_only(monkeypatch):
    class Endless:
        def __init__(self, number):
            self.number = number

        def isOpened(self):
            return True

        def get(self, what):
            return 25.0

        def read(self):
            return True, picture(self.number)

    monkeypatch.setattr(cv2, "VideoCapture", Endless)
    frames = list(source("--camera", 3).frames)
    assert len(frames) == 200
    assert (frames[1].stamp, frames[1].image.shape) == (40_000_000, (24, 32, 3))
    assert len(list(source("--camera", 3, "--frames", 250).frames)) == 250

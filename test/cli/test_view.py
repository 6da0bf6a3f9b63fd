"""`superpoint-ros view`: what a bag holds, as a video, a Rerun recording and plots."""

import importlib.util
import sys
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from helpers.bags import write_messages_bag
from helpers.ros_probe import header, texture

from superpoint_ros.cli.main import main
from superpoint_ros.cli.view_content import BagContent, matched_points
from superpoint_ros.cli.view_drawing import EMPTY, MomentDrawing
from superpoint_ros.cli.view_outputs import rate_of
from superpoint_ros.cli.view_plots import TimePlots
from superpoint_ros.core.stamps import nanoseconds
from superpoint_ros.core.tracker import Tracker
from superpoint_ros.core.types import Features
from superpoint_ros.msg import Features as FeaturesMessage
from superpoint_ros.msg import Matches
from superpoint_ros.replay.bag_reader import BagReader
from superpoint_ros.replay.recording import BagRecorder, typestore_with_own_messages
from superpoint_ros.replay.ros2_messages import message_to_cdr
from superpoint_ros.ros.messages.depth import array_to_depth_image
from superpoint_ros.ros.messages.features import tracks_to_message
from superpoint_ros.ros.messages.images import array_to_image
from superpoint_ros.ros.messages.stamps import time_message

SIZE = (60, 80)
XY = np.float32([[20, 10], [40, 30], [60, 50]])
GREEN = (0, 200, 0)


def features(camera, stamp, xy=XY):
    return FeaturesMessage(
        header=header(stamp, camera), camera=camera, height=SIZE[0], width=SIZE[1], x=xy[:, 0], y=xy[:, 1]
    )


def stereo_bag(path, count=4, without_tracks=()):
    """Two cameras with tracks, keypoints and matches of every image, and depth of every second one."""
    messages = []
    trackers = {"left": Tracker(), "right": Tracker()}
    found = Features(XY, np.ones(3, np.float32), np.eye(3, 256, dtype=np.float32), SIZE)
    for number in range(count):
        stamp = 1000 + 100 * number
        for camera, tracker in trackers.items():
            image = np.full((*SIZE, 3), GREEN, np.uint8)
            messages.append((f"/{camera}/image_raw", array_to_image(image, header(stamp, camera))))
            messages.append((f"/frontend/{camera}/features", features(camera, stamp)))
            tracks = tracks_to_message(tracker.update(found), header(stamp, camera), camera, time_message(0))
            if number not in without_tracks:
                messages.append((f"/frontend/{camera}/tracks", tracks))
        left, right = header(stamp, "left"), header(stamp, "right")
        rows = np.arange(3, dtype=np.uint32)
        matches = Matches(header0=left, header1=right, camera0="left", camera1="right", index0=rows, index1=rows)
        messages.append(("/triangulate/matches", matches))
        if number % 2 == 0:
            depth = np.full(SIZE, 2.0, np.float32)
            depth[:, 40:] = 8.0
            messages.append(("/densify/depth", array_to_depth_image(depth, header(stamp, "left"))))
            messages.append(("/densify/confidence", array_to_depth_image(depth / 10, header(stamp, "left"))))
    types = typestore_with_own_messages()
    with BagRecorder(path) as recorder:
        for topic, message in messages:
            stamp = getattr(message, "header", None) or message.header0
            recorder.write(topic, message, message_to_cdr(message, types), nanoseconds(stamp.stamp))
    return path


@pytest.fixture
def bag(tmp_path):
    return stereo_bag(tmp_path / "bag")


def test_cameras_are_found_with_their_answers(bag):
    with BagReader(bag) as reader:
        content = BagContent(reader)
        moments = list(content.moments())
    assert content.images == {"left": "/left/image_raw", "right": "/right/image_raw"}
    assert content.tracks == {"left": "/frontend/left/tracks", "right": "/frontend/right/tracks"}
    assert content.depths == ["/densify/confidence", "/densify/depth"]
    assert [moment.stamp for moment in moments] == [1_000_000_000 + 100_000_000 * n for n in range(4)]
    assert [len(moment.content) for moment in moments] == [9, 7, 9, 7]
    cameras = matched_points(moments[1], content, "/triangulate/matches")
    assert cameras[:2] == ("left", "right")
    np.testing.assert_array_equal(cameras[3], XY)
    assert not content.problems
    assert rate_of(moments) == pytest.approx(10)


def test_the_panels_stay_in_their_cells(bag):
    with BagReader(bag) as reader:
        content = BagContent(reader)
        drawing = MomentDrawing(content)
        pictures = [drawing.draw(moment) for moment in content.moments()]
    assert {picture.shape for picture in pictures} == {pictures[0].shape}
    height, width = pictures[0].shape[0] // 3, pictures[0].shape[1] // 2
    assert width == SIZE[1]
    confidence, depth = pictures[0][2 * height :, :width], pictures[0][2 * height :, width:]
    np.testing.assert_array_equal(pictures[1][height:], pictures[0][height:])
    yellow = (np.abs(pictures[0][height : 2 * height].astype(int) - (0, 255, 255)).max(axis=2) < 90).sum()
    assert yellow > 100
    near, far = depth[40, 20].astype(int), depth[40, 60].astype(int)
    assert near.argmax() == 2
    assert far.argmax() == 0
    assert confidence[40, 60].sum() > confidence[40, 20].sum()
    assert (depth[SIZE[0] :] == EMPTY).all()


def test_the_video_and_the_plots_are_written(bag, tmp_path, capsys):
    av = pytest.importorskip("av")
    assert main(["view", str(bag), "--output", str(tmp_path / "out")]) == 0
    assert "/frontend/left/tracks" in capsys.readouterr().out
    with av.open(str(tmp_path / "out" / "view.mp4")) as container:
        frames = list(container.decode(video=0))
        assert container.streams.video[0].codec_context.name == "h264"
        assert float(container.streams.video[0].average_rate) == 10
    assert len(frames) == 4
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["plots.png", "view.mp4", "view_sheet.png"]
    assert cv2.imread(str(tmp_path / "out" / "plots.png")).shape[0] > 500


def test_images_without_tracks_are_counted(tmp_path):
    with BagReader(stereo_bag(tmp_path / "bag", without_tracks=(1, 3))) as reader:
        content = BagContent(reader)
        plots = TimePlots(content)
        for moment in content.moments():
            plots.add(moment)
    assert plots.summary() == {"left": (4, 2), "right": (4, 2)}


def test_a_rerun_recording_is_whole(bag, tmp_path):
    if not importlib.util.find_spec("rerun"):
        pytest.skip("rerun-sdk is not installed")
    assert main(["view", str(bag), "--write", "rrd", "--output", str(tmp_path / "out")]) == 0
    content = (tmp_path / "out" / "view.rrd").read_bytes()
    assert content[:3] == b"RRF"
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["view.rrd"]


def test_a_bag_of_images_alone_is_shown(tmp_path):
    image = cv2.cvtColor(texture(0, SIZE), cv2.COLOR_GRAY2BGR)
    path = write_messages_bag(tmp_path / "bag", [("/camera/image_raw", array_to_image(image, header(1000)))])
    with BagReader(path) as reader:
        content = BagContent(reader)
        (moment,) = content.moments()
        picture = MomentDrawing(content).draw(moment)
    np.testing.assert_array_equal(picture[: SIZE[0]], image)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--frames", "0"], "--frames 0: must be at least 1"),
        (["--rate", "0"], "--rate 0.0: must be above 0"),
        (["--write", "plots", "--show"], "--show needs a display"),
    ],
)
def test_a_refusal_is_one_line(bag, words, text, tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert main(["view", str(bag), *words, "--output", str(tmp_path / "out")]) == 2
    assert text in capsys.readouterr().err


def test_a_bag_without_images_says_what_it_has(tmp_path, capsys):
    path = write_messages_bag(tmp_path / "bag", [("/frontend/left/features", features("left", 1000))])
    assert main(["view", str(path), "--output", str(tmp_path / "out")]) == 2
    assert "has no images; there are /frontend/left/features" in capsys.readouterr().err


def test_a_window_shows_the_images_until_it_is_closed(bag, tmp_path, monkeypatch):
    shown = []

    class Root:
        def title(self, text):
            shown.append(text)

        def protocol(self, name, call):
            self.close = call

        def update(self):
            if len(shown) == 3:
                self.close()

        def destroy(self):
            shown.append("destroyed")

    tk = SimpleNamespace(Tk=Root, TclError=RuntimeError)
    tk.Label = lambda root: SimpleNamespace(pack=lambda: None, configure=lambda image: None)
    tk.PhotoImage = lambda data, format: shown.append(data[:2])
    monkeypatch.setitem(sys.modules, "tkinter", tk)
    monkeypatch.setenv("DISPLAY", ":99")
    assert main(["view", str(bag), "--show", "--write", "plots", "--output", str(tmp_path / "out")]) == 0
    assert shown == [str(bag), b"P6", b"P6", "destroyed"]

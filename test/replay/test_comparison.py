import numpy as np
import pytest
from builtin_interfaces.msg import Time
from rclpy.serialization import serialize_message
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import Header

from superpoint_ros.cli.main import main
from superpoint_ros.core.types import Features
from superpoint_ros.replay.bag_reader import BagReader
from superpoint_ros.replay.comparison import compare_bags
from superpoint_ros.replay.recording import BagRecorder
from superpoint_ros.ros.messages.features import features_to_message


def features(seed, change=0.0):
    rng = np.random.default_rng(seed)
    xy = rng.uniform(0, 60, (5, 2)).astype(np.float32)
    xy[3, 0] += change
    return Features(xy, np.full(5, np.nan, np.float32), rng.normal(size=(5, 4)).astype(np.float32), (60, 80))


def write(folder, *, change=0.0, count=3, frame="optical"):
    with BagRecorder(folder) as bag:
        for number in range(count):
            header = Header(stamp=Time(sec=number + 1), frame_id=frame)
            found = features(number, change if number == 1 else 0.0)
            for topic, message in (
                ("/features", features_to_message(found, header, "left")),
                ("/info", CameraInfo(header=header, width=80, height=60)),
            ):
                bag.write(topic, message, serialize_message(message))
    return folder


def differences(first, second, **tolerances):
    with BagReader(first) as one, BagReader(second) as other:
        return [(found.topic, found.number, found.text) for found in compare_bags(one, other, tolerances)]


@pytest.fixture
def first(tmp_path):
    return write(tmp_path / "first")


def test_equal_bags_do_not_differ(first, tmp_path):
    assert differences(first, write(tmp_path / "second")) == []


def test_one_changed_keypoint_is_found_with_both_values(first, tmp_path):
    second = write(tmp_path / "second", change=0.25)
    x = features(1).xy[3, 0]
    assert differences(first, second) == [
        ("/features", 1, f"x: 1 of 5 values, first [3]: {x} and {x + np.float32(0.25)}")
    ]
    assert len(differences(first, second, x=0.2)) == 1
    assert differences(first, second, x=0.3) == []
    assert differences(first, second, **{"*": 0.3}) == []
    assert len(differences(first, second, y=1.0)) == 1


def test_words_and_missing_messages_are_found(first, tmp_path):
    found = differences(first, write(tmp_path / "second", frame="other", count=2))
    assert ("/info", 0, "header.frame_id: 'optical' and 'other'") in found
    assert [one for one in found if one[1] == 2] == [
        ("/features", 2, "is in the first bag alone"), ("/info", 2, "is in the first bag alone"),
    ]  # fmt: skip


def test_the_command_says_what_differs_and_returns_1(first, tmp_path, capsys):
    second = write(tmp_path / "second", change=0.25)
    assert main(["compare", str(first), str(first)]) == 0
    assert capsys.readouterr().out == "0 differences\n"
    assert main(["compare", str(first), str(second)]) == 1
    assert "/features, message 1: x: 1 of 5 values" in capsys.readouterr().out
    assert main(["compare", str(first), str(second), "--tolerance", "x=0.3"]) == 0
    with pytest.raises(SystemExit):
        main(["compare", str(first), str(second), "--tolerance", "x"])
    assert main(["compare", str(first), str(tmp_path / "absent")]) == 2

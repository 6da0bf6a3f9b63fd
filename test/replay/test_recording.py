import numpy as np
import pytest
from builtin_interfaces.msg import Time
from rclpy.serialization import serialize_message
from rosbags.highlevel import AnyReader
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from superpoint_ros.core.errors import SourceError
from superpoint_ros.core.tracker import Tracker
from superpoint_ros.core.types import Features
from superpoint_ros.replay.recording import BagRecorder, typestore_with_own_messages
from superpoint_ros.ros.messages.features import features_to_message

HEADER = Header(stamp=Time(sec=7, nanosec=5), frame_id="optical")


def features():
    generator = np.random.default_rng(0)
    descriptors = generator.normal(size=(6, 256)).astype(np.float32)
    descriptors /= np.linalg.norm(descriptors, axis=1, keepdims=True)
    xy = generator.uniform(0, 50, (6, 2)).astype(np.float32)
    return Features(xy, np.linspace(1, 0.5, 6, dtype=np.float32), descriptors, (60, 80))


def write(bag, topic, message):
    bag.write(topic, message, serialize_message(message))


def test_own_messages_are_known():
    known = typestore_with_own_messages().types
    assert {"superpoint_ros/msg/Features", "superpoint_ros/msg/Tracks", "superpoint_ros/msg/Matches"} <= set(known)


def test_what_is_written_is_read_back(tmp_path):
    found = features()
    tracks = Tracker().update(found)
    with BagRecorder(tmp_path / "bag") as bag:
        write(bag, "/image", Image(header=HEADER, height=1, width=2, encoding="mono8", step=2, data=[3, 4]))
        write(bag, "/features", features_to_message(found, HEADER, "left", tracks.id, model="m"))
    with AnyReader([tmp_path / "bag"]) as reader:
        messages = {c.topic: (time, reader.deserialize(data, c.msgtype)) for c, time, data in reader.messages()}
    assert {time for time, _ in messages.values()} == {7_000_000_005}
    assert messages["/image"][1].data.tolist() == [3, 4]
    read = messages["/features"][1]
    assert (read.camera, read.model, read.header.frame_id) == ("left", "m", "optical")
    np.testing.assert_array_equal(read.x, found.xy[:, 0])
    np.testing.assert_array_equal(read.descriptors.view(np.float32).reshape(6, 256), found.descriptors)


def record_one(folder):
    with BagRecorder(folder) as bag:
        write(bag, "/image", Image(header=HEADER))
    with AnyReader([folder]) as reader:
        return reader.message_count


def test_an_earlier_bag_is_replaced_even_if_broken_off(tmp_path):
    assert record_one(tmp_path / "bag") == 1
    assert record_one(tmp_path / "bag") == 1
    (tmp_path / "bag" / "metadata.yaml").unlink()
    assert record_one(tmp_path / "bag") == 1


def test_nothing_else_is_removed(tmp_path):
    (tmp_path / "photo.jpg").write_bytes(b"dear")
    with pytest.raises(SourceError, match=r"photo\.jpg"):
        BagRecorder(tmp_path)
    assert (tmp_path / "photo.jpg").exists()


def break_off(folder, error, **options):
    with BagRecorder(folder, **options) as bag:
        for _ in range(2):
            write(bag, "/image", Image(header=HEADER))
        raise error


def test_nothing_is_left_of_a_bag_that_cannot_be_written_and_the_earlier_one_stays(tmp_path):
    record_one(tmp_path / "bag")
    with pytest.raises(OSError, match="No space"):
        break_off(tmp_path / "bag", OSError(28, "No space left on device"))
    assert [path.name for path in tmp_path.iterdir()] == ["bag"]
    with AnyReader([tmp_path / "bag"]) as reader:
        assert reader.message_count == 1


@pytest.mark.parametrize(("kept", "count"), [(True, 2), (False, 1)])
def test_an_interrupted_bag_holds_what_came_before_where_asked_to(kept, count, tmp_path):
    record_one(tmp_path / "bag")
    with pytest.raises(KeyboardInterrupt):
        break_off(tmp_path / "bag", KeyboardInterrupt(), keep_interrupted=kept)
    assert [path.name for path in tmp_path.iterdir()] == ["bag"]
    with AnyReader([tmp_path / "bag"]) as reader:
        assert reader.message_count == count


def test_a_stamp_before_the_epoch_is_recorded_at_its_begin(tmp_path):
    with BagRecorder(tmp_path / "bag") as bag:
        write(bag, "/image", Image(header=Header(stamp=Time(sec=-3, nanosec=5))))
    with AnyReader([tmp_path / "bag"]) as reader:
        ((_, time, data),) = reader.messages()
        assert time == 0
        assert reader.deserialize(data, "sensor_msgs/msg/Image").header.stamp.sec == -3

import pytest
from helpers.bags import write_images_bag
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

from superpoint_ros.core.errors import SourceError
from superpoint_ros.replay.bag_reader import BagReader

IMAGE = "sensor_msgs/msg/Image"
ODD_DEFINITIONS = {
    "empty": "",
    "incomplete": "geometry_msgs/Missing nothing_defines_this\n",
    "no definition at all": "]]] ¿?",
}


@pytest.mark.parametrize("plugin", ["SQLITE3", "MCAP"])
@pytest.mark.parametrize("definition", ODD_DEFINITIONS)
def test_an_odd_definition_of_one_topic_does_not_hide_another(definition, plugin, tmp_path):
    def add_odd_topics(writer):
        for topic, kind in (("/odd", "odd_msgs/msg/Odd"), ("/srv/_service_event", "odd_msgs/srv/Odd_Event")):
            odd = writer.add_connection(topic, kind, msgdef=ODD_DEFINITIONS[definition], rihs01="RIHS01_" + 64 * "0")
            writer.write(odd, 1, b"\0\1\0\0")

    path = write_images_bag(tmp_path / "bag", plugin, count=2, prepare=add_odd_topics)
    with BagReader(path) as reader:
        assert reader.topics([IMAGE]) == {"/camera/image_raw": 2}
        assert [message.content.width for message in reader.messages(["/camera/image_raw"])] == [32, 32]


def test_a_message_cut_short_has_no_content_and_the_others_have(tmp_path):
    store = get_typestore(Stores.LATEST)
    path = write_images_bag(tmp_path / "bag", "MCAP", count=3, cut={1: 50})
    with BagReader(path) as reader:
        found = list(reader.messages(["/camera/image_raw"]))
    assert [one.content is None for one in found] == [False, True, False]
    assert "50 bytes are no sensor_msgs/msg/Image" in found[1].problem
    assert store.serialize_cdr(found[2].content, IMAGE) == found[2].data


def test_a_bag_that_breaks_off_gives_what_comes_before(tmp_path):
    path = write_images_bag(tmp_path / "bag", "SQLITE3", count=3)
    (file,) = path.glob("*.db3")
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(SourceError, match=r"bag'(:| is damaged)"), BagReader(path) as reader:
        list(reader.messages(["/camera/image_raw"]))


def test_what_is_no_bag_is_named(tmp_path):
    (tmp_path / "notes.mcap").write_text("no bag")
    for name, text in (("notes.mcap", "cannot be read"), ("absent", "no such file")):
        with pytest.raises(SourceError, match=rf"{name}': {text}"):
            BagReader(tmp_path / name)


def test_a_folder_without_metadata_is_named_with_the_cure(tmp_path):
    (tmp_path / "empty").mkdir()
    broken_off = write_images_bag(tmp_path / "bags" / "broken_off", "MCAP", count=1)
    (broken_off / "metadata.yaml").unlink()
    for path in (tmp_path / "empty", tmp_path / "bags", broken_off):
        with pytest.raises(SourceError, match=rf"{path}': no metadata\.yaml in it: .*`ros2 bag reindex {path}`"):
            BagReader(path)
    with BagReader(*broken_off.glob("*.mcap")) as reader:
        assert reader.topics([IMAGE]) == {"/camera/image_raw": 1}


def test_a_folder_is_a_rosbag2_whatever_its_name(tmp_path):
    with BagReader(write_images_bag(tmp_path / "replayed.bag", "MCAP", count=1)) as reader:
        assert reader.topics([IMAGE]) == {"/camera/image_raw": 1}


def test_no_topic_no_messages(tmp_path):
    with Writer(tmp_path / "bag", version=9, storage_plugin=StoragePlugin.MCAP):
        pass
    with BagReader(tmp_path / "bag") as reader:
        assert reader.topics([IMAGE]) == {}
        assert list(reader.messages(["/camera/image_raw"])) == []


def test_a_git_lfs_pointer_is_named_with_the_cure(tmp_path):
    (tmp_path / "a.mcap").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n")
    with pytest.raises(SourceError, match=r"a\.mcap': cannot be read: it is a Git LFS pointer"):
        BagReader(tmp_path / "a.mcap")

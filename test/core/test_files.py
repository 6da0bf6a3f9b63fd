import pytest

from superpoint_ros.core.files import first_bytes, lfs_hint, path_beside, written_whole


def test_a_file_takes_the_place_of_an_earlier_one_once_it_is_whole(tmp_path):
    path = tmp_path / "result.npz"
    for content in ("first", "second"):
        with written_whole(path) as beside:
            beside.write_text(content)
            assert not path.exists() or path.read_text() == "first"
        assert path.read_text() == content
    assert [one.name for one in tmp_path.iterdir()] == ["result.npz"]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_nothing_is_left_of_a_file_that_cannot_be_written_and_the_earlier_one_stays(tmp_path, error):
    path = tmp_path / "result.csv"
    path.write_text("earlier")

    def break_off():
        with written_whole(path) as beside:
            beside.write_text("half")
            raise error

    with pytest.raises(type(error)):
        break_off()
    assert path.read_text() == "earlier"
    assert [one.name for one in tmp_path.iterdir()] == ["result.csv"]


def test_the_folder_of_a_file_is_made(tmp_path):
    with written_whole(tmp_path / "some" / "folder" / "result.csv") as beside:
        beside.write_text("whole")
    assert (tmp_path / "some" / "folder" / "result.csv").read_text() == "whole"


def test_an_error_names_the_file_and_not_the_path_beside_it(tmp_path):
    (tmp_path / "result.csv").mkdir()
    with pytest.raises(IsADirectoryError) as caught, written_whole(tmp_path / "result.csv") as beside:
        beside.write_text("whole")
    assert caught.value.filename == str(tmp_path / "result.csv")


def test_what_goes_wrong_before_anything_is_written_is_told(tmp_path):
    with pytest.raises(ValueError, match="nothing to write"), written_whole(tmp_path / "result.csv"):
        raise ValueError("nothing to write")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("content", "hint"),
    [(b"version https://git-lfs.github.com/spec/v1", ": it is a Git LFS pointer, run 'git lfs pull'"), (b"PK", "")],
)
def test_a_pointer_of_git_lfs_is_told_from_a_file(tmp_path, content, hint):
    path = tmp_path / "weights"
    path.write_bytes(content)
    assert lfs_hint(first_bytes(path)) == hint
    assert first_bytes(tmp_path / "absent") == b""


def test_the_path_beside_is_hidden_and_has_the_same_suffix(tmp_path):
    beside = path_beside(tmp_path / "a.tar.gz")
    assert (beside.parent, beside.name) == (tmp_path, ".a.tar.partial.gz")

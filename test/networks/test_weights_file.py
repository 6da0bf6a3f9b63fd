from pathlib import Path

import pytest
import torch

from superpoint_ros.core.errors import CheckpointError
from superpoint_ros.networks import weights_file
from superpoint_ros.networks.weights_file import read_weights, write_weights


def test_a_huge_file_is_refused_before_it_is_read(tmp_path, monkeypatch):
    path = tmp_path / "huge.safetensors"
    with path.open("wb") as file:
        file.truncate(40 * 2**30)  # sparse: takes no space
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("read"))
    with pytest.raises(CheckpointError, match=r"huge\.safetensors': 42949672960 bytes are no weights"):
        read_weights(path)


@pytest.mark.parametrize("name", ["a.safetensors", "a.pth"])
def test_a_git_lfs_pointer_is_named_with_the_cure(tmp_path, name):
    (tmp_path / name).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n")
    with pytest.raises(CheckpointError, match=r"Git LFS pointer, run 'git lfs pull'"):
        read_weights(tmp_path / name)


def test_nothing_is_left_of_weights_that_cannot_be_written(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(weights_file, "save_file", fail)
    with pytest.raises(CheckpointError, match=r"cannot be written.*No space"):
        write_weights(tmp_path / "a.safetensors", {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a", "a.txt", "a.pth"])
def test_weights_that_could_not_be_read_again_are_not_written(tmp_path, name):
    with pytest.raises(CheckpointError, match=r"must end in \.safetensors"):
        write_weights(tmp_path / name, {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["sparse", "meta"])
def test_tensors_without_plain_values_are_named(tmp_path, kind):
    tensor = torch.ones(2, 2).to_sparse() if kind == "sparse" else torch.ones(2, 2, device="meta")
    torch.save({"conv1a.weight": tensor}, tmp_path / "odd.pth")
    with pytest.raises(CheckpointError, match=r"odd\.pth"):
        read_weights(tmp_path / "odd.pth")

from pathlib import Path

import numpy as np
import pytest
from helpers.seeded import seeded_d3_file, seeded_weights_file

from superpoint_ros.cli.main import main
from superpoint_ros.core.errors import CheckpointError
from superpoint_ros.networks.averaging import average_weights
from superpoint_ros.networks.checkpoint import load_checkpoint
from superpoint_ros.networks.d3_checkpoint import load_d3
from superpoint_ros.networks.weights_file import file_sha256, read_weights, write_weights


def shifted(path: Path, by: float, **metadata: str) -> Path:
    """The same weights, each value larger by as much."""
    weights, own, _ = read_weights(path)
    shifted_path = path.with_name(f"{path.stem}_{by}.safetensors")
    write_weights(shifted_path, {name: array + np.float32(by) for name, array in weights.items()}, own | metadata)
    return shifted_path


@pytest.mark.parametrize(("make", "load"), [(seeded_weights_file, load_checkpoint), (seeded_d3_file, load_d3)])
def test_the_command_writes_the_mean_that_the_network_s_reader_takes(tmp_path, capsys, make, load):
    first = make(tmp_path)
    output = tmp_path / "mean.safetensors"
    assert (
        main(["average", str(first), str(shifted(first, 1.0)), str(shifted(first, 5.0)), "--output", str(output)]) == 0
    )
    assert file_sha256(output) in capsys.readouterr().out
    assert read_weights(output)[1] == read_weights(first)[1]
    found, expected = load(output).weights, load(first).weights
    assert found.keys() == expected.keys()
    for name, array in found.items():
        np.testing.assert_allclose(array, expected[name] + 2.0, atol=1e-5)


def test_files_of_two_networks_have_no_mean(tmp_path):
    superpoint, d3 = seeded_weights_file(tmp_path), seeded_d3_file(tmp_path)
    with pytest.raises(CheckpointError, match=r"key '\S+' of shape .* is missing"):
        average_weights([superpoint, d3], tmp_path / "mean.safetensors")
    other = shifted(superpoint, 0.0, sampling="magicleap")
    with pytest.raises(CheckpointError, match=r"'sampling': 'magicleap'.* is not the .*'sampling': 'exact'"):
        average_weights([superpoint, other], tmp_path / "mean.safetensors")
    assert not (tmp_path / "mean.safetensors").exists()


def test_one_file_alone_is_refused(tmp_path, capsys):
    weights = seeded_weights_file(tmp_path)
    assert main(["average", str(weights), "--output", str(tmp_path / "mean.safetensors")]) == 2
    assert "give the weights of at least two runs" in capsys.readouterr().err

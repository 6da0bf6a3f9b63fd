import numpy as np
import pytest
import torch
from helpers.seeded import batch_norm_weights, released_weights

from superpoint_ros.cli.main import main
from superpoint_ros.networks.checkpoint import load_checkpoint


@pytest.mark.parametrize("make", [released_weights, batch_norm_weights])
def test_a_converted_file_holds_the_same_weights_in_the_same_layout(tmp_path, capsys, make):
    torch.save(make(), tmp_path / "weights.pth")
    assert main(["convert", str(tmp_path / "weights.pth"), str(tmp_path / "weights.safetensors")]) == 0
    before, after = (load_checkpoint(tmp_path / f"weights.{suffix}") for suffix in ("pth", "safetensors"))
    assert (after.layout, after.descriptor_sampling) == (before.layout, before.descriptor_sampling)
    assert after.sha256 in capsys.readouterr().out
    assert before.weights.keys() == after.weights.keys()
    for name, array in before.weights.items():
        np.testing.assert_array_equal(after.weights[name], array)


@pytest.mark.parametrize(
    ("output", "says"), [("weights.onnx", "must end in .safetensors"), ("no/folder.safetensors", "cannot be written")]
)
def test_an_output_that_cannot_be_written_is_refused(tmp_path, capsys, output, says):
    torch.save(released_weights(), tmp_path / "weights.pth")
    assert main(["convert", str(tmp_path / "weights.pth"), str(tmp_path / output)]) == 2
    assert says in capsys.readouterr().err

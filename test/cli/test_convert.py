import numpy as np
import pytest
import torch
from helpers.seeded import batch_norm_weights, released_weights, seeded_d3_file, seeded_weights_file

from superpoint_ros.cli.main import main
from superpoint_ros.inference.graphs import build_d3, build_superpoint
from superpoint_ros.inference.models import find_model
from superpoint_ros.inference.network_options import RuntimeOptions
from superpoint_ros.networks.checkpoint import load_checkpoint
from superpoint_ros.networks.d3_checkpoint import load_d3


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
    ("make", "load", "build", "channels", "names"),
    [
        (seeded_weights_file, load_checkpoint, build_superpoint, [1], "superpoint: image -> probability, descriptors"),
        (seeded_d3_file, load_d3, build_d3, [3, 4], "d3: image, hints -> log_depth, log_spread"),
    ],
)
def test_an_onnx_file_gives_what_openvino_gives_for_any_size(tmp_path, capsys, make, load, build, channels, names):
    onnxruntime = pytest.importorskip("onnxruntime", reason="the extra [onnxruntime] brings ONNX Runtime")
    openvino_runtime = pytest.importorskip(
        "superpoint_ros.inference.openvino_runtime", reason="OpenVINO is not installed"
    )
    path, output = make(tmp_path), tmp_path / "network.onnx"
    assert main(["convert", str(path), str(output)]) == 0
    assert capsys.readouterr().out == f"{output} network {names}\n"
    options = RuntimeOptions(precision="float32")
    network = openvino_runtime.load_network(build, find_model(path), load(path), options)
    session = onnxruntime.InferenceSession(output)
    rng = np.random.default_rng(0)
    for batch, height, width in ((1, 64, 96), (2, 32, 64)):
        bytes_, *floats = (rng.integers(0, 256, (batch, count, height, width)) for count in channels)
        inputs = [bytes_.astype(np.uint8), *(values.astype(np.float32) / 64 for values in floats)]
        expected = network(*inputs)
        found = session.run(None, {one.name: values for one, values in zip(session.get_inputs(), inputs, strict=True)})
        for one, other in zip(expected, found, strict=True):
            np.testing.assert_allclose(other, one, atol=1e-4)


@pytest.mark.parametrize(
    ("output", "says"),
    [
        ("weights.pt", "must end in .safetensors or .onnx"),
        ("weights.pth/a.safetensors", "weights.pth/a.safetensors': cannot be written (File exists)"),
        ("weights.pth/a.onnx", "weights.pth/a.onnx': cannot be written (File exists)"),
        ("folder.safetensors", "folder.safetensors': cannot be written (Is a directory)"),
        ("folder.onnx", "folder.onnx': cannot be written (Is a directory)"),
    ],
)
def test_an_output_that_cannot_be_written_is_refused(tmp_path, capsys, output, says):
    torch.save(released_weights(), tmp_path / "weights.pth")
    for name in ("folder.safetensors", "folder.onnx"):
        (tmp_path / name).mkdir()
    assert main(["convert", str(tmp_path / "weights.pth"), str(tmp_path / output)]) == 2
    said = capsys.readouterr().err
    assert says in said
    assert ".partial" not in said


@pytest.mark.parametrize("suffix", ["safetensors", "onnx"])
def test_the_folder_of_the_output_is_made(tmp_path, suffix):
    torch.save(released_weights(), tmp_path / "weights.pth")
    output = tmp_path / "some" / "folder" / f"weights.{suffix}"
    assert main(["convert", str(tmp_path / "weights.pth"), str(output)]) == 0
    assert [path.name for path in output.parent.iterdir()] == [output.name]

import numpy as np
import pytest
from helpers.seeded import released_weights

from superpoint_ros.core.errors import CheckpointError
from superpoint_ros.networks.quantization_file import load_quantization, save_quantization

WEIGHTS = {name: tensor.numpy() for name, tensor in released_weights().items()}
SHA256 = "1" * 64


def ranges(layer: str = "conv2a") -> dict[str, np.ndarray]:
    channels = len(WEIGHTS["conv2a.bias"])
    return {
        f"{layer}.input_low": np.zeros(1, np.float32),
        f"{layer}.input_high": np.full(1, 6.0, np.float32),
        f"{layer}.weight_high": np.ones(channels, np.float32),
        f"{layer}.bias": np.full(channels, 0.25, np.float32),
    }


def test_what_is_written_comes_back_with_the_weights_and_its_own_biases(tmp_path):
    save_quantization(tmp_path / "int8.safetensors", ranges(), SHA256)
    loaded = load_quantization(tmp_path / "int8.safetensors", WEIGHTS, SHA256)
    assert loaded.keys() == WEIGHTS.keys() | ranges().keys()
    for name, array in {**WEIGHTS, **ranges()}.items():
        np.testing.assert_array_equal(loaded[name], array)


def test_a_quantization_of_other_weights_is_refused(tmp_path):
    save_quantization(tmp_path / "int8.safetensors", ranges(), SHA256)
    with pytest.raises(CheckpointError, match=f"made for weights {SHA256}, not for {'2' * 64}"):
        load_quantization(tmp_path / "int8.safetensors", WEIGHTS, "2" * 64)


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        (ranges("conv9z"), "no layer 'conv9z'"),
        ({name: array for name, array in ranges().items() if "high" not in name}, "input_high' of shape \\(1,\\) is"),
        (ranges() | {"conv2a.bias": np.zeros(3, np.float32)}, "has shape \\(3,\\), not \\(64,\\)"),
        (ranges() | {"conv2a.zero": np.zeros(1, np.float32)}, "'conv2a.zero' is not part of the quantization"),
    ],
)
def test_a_quantization_of_another_shape_is_refused(tmp_path, arrays, says):
    save_quantization(tmp_path / "int8.safetensors", arrays, SHA256)
    with pytest.raises(CheckpointError, match=says):
        load_quantization(tmp_path / "int8.safetensors", WEIGHTS, SHA256)

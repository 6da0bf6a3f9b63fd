import pickle

import pytest
import torch
from helpers.seeded import batch_norm_weights, released_weights, seeded_network
from safetensors.torch import save_file
from torch import nn

from superpoint_ros.core.errors import CheckpointError
from superpoint_ros.networks.checkpoint import BATCH_NORM_NAMES, load_checkpoint, save_checkpoint
from superpoint_ros.networks.layers import ARCHITECTURES, LAYERS, POOL_AFTER, RELU_LAYERS
from superpoint_ros.networks.superpoint import SuperPoint
from superpoint_ros.networks.torch_weights import to_weights
from superpoint_ros.networks.weights_file import file_sha256

IMAGE = torch.rand(1, 1, 48, 64, generator=torch.Generator().manual_seed(0))


def plain_batch_norm_network(
    weights: dict[str, torch.Tensor], image: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """The port's network out of PyTorch's own layers: convolution, ReLU, batch norm."""

    def block(name: str, x: torch.Tensor) -> torch.Tensor:
        channels_in, channels_out, kernel = LAYERS[name]
        convolution = nn.Conv2d(channels_in, channels_out, kernel, padding=kernel // 2)
        norm = nn.BatchNorm2d(channels_out, eps=1e-3)
        prefix = BATCH_NORM_NAMES[name]
        convolution.load_state_dict({kind: weights[f"{prefix}.conv.{kind}"] for kind in ("weight", "bias")})
        norm.load_state_dict({kind: weights[f"{prefix}.bn.{kind}"] for kind in norm.state_dict()})
        x = convolution(x)
        return norm.eval()(torch.relu(x) if name in RELU_LAYERS else x)

    x = image
    for name in list(LAYERS)[:8]:
        x = block(name, x)
        if name in POOL_AFTER:
            x = nn.functional.max_pool2d(x, 2, 2)
    descriptors = block("convDb", block("convDa", x))
    return block("convPb", block("convPa", x)), nn.functional.normalize(descriptors, dim=1)


def save(path, tensors, metadata=None):
    if path.suffix == ".safetensors":
        save_file(tensors, str(path), metadata)
    else:
        torch.save(tensors, path)
    return path


@pytest.mark.parametrize("suffix", [".safetensors", ".pth", ".pt"])
def test_the_released_layout(tmp_path, suffix):
    checkpoint = load_checkpoint(save(tmp_path / f"weights{suffix}", released_weights()))
    assert (checkpoint.layout, checkpoint.descriptor_sampling) == ("released", "magicleap")
    for got, expected in zip(SuperPoint.from_weights(checkpoint.weights)(IMAGE), seeded_network()(IMAGE), strict=True):
        assert torch.equal(got, expected)


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_the_batch_norm_layout_agrees_with_its_own_network(tmp_path, suffix):
    weights = batch_norm_weights()
    checkpoint = load_checkpoint(save(tmp_path / f"weights{suffix}", weights))
    assert (checkpoint.layout, checkpoint.descriptor_sampling) == ("batch_norm", "exact")
    with torch.no_grad():
        expected_logits, expected_descriptors = plain_batch_norm_network(weights, IMAGE)
        logits, descriptors = SuperPoint.from_weights(checkpoint.weights)(IMAGE)
    torch.testing.assert_close(logits, expected_logits, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(descriptors, expected_descriptors, atol=1e-4, rtol=0)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 0.0), (torch.float16, 2e-3)])
def test_our_layout_comes_back(tmp_path, dtype, tolerance):
    path = tmp_path / "weights.safetensors"
    digest = save_checkpoint(path, to_weights(seeded_network(3), dtype))
    checkpoint = load_checkpoint(path, digest)
    assert (checkpoint.layout, checkpoint.descriptor_sampling, checkpoint.sha256) == ("superpoint_ros", "exact", digest)
    for name, tensor in seeded_network(3).state_dict().items():
        torch.testing.assert_close(torch.from_numpy(checkpoint.weights[name]), tensor, atol=tolerance, rtol=tolerance)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_architecture_is_told_by_its_weights(tmp_path, architecture):
    network = SuperPoint(ARCHITECTURES[architecture])
    save_checkpoint(tmp_path / "weights.safetensors", to_weights(network))
    read = SuperPoint.from_weights(load_checkpoint(tmp_path / "weights.safetensors").weights)
    assert read.layers is ARCHITECTURES[architecture]
    for got, expected in zip(read(IMAGE), network(IMAGE), strict=True):
        assert torch.equal(got, expected)


def test_a_training_checkpoint_holds_a_state_dict(tmp_path):
    wrapped = {"epoch": 3, "state_dict": {f"module.{key}": value for key, value in released_weights().items()}}
    assert load_checkpoint(save(tmp_path / "weights.pth", wrapped)).layout == "released"


def test_no_such_file():
    with pytest.raises(CheckpointError, match=r"nowhere\.pth.*no such file"):
        load_checkpoint("nowhere.pth")


def test_another_digest(tmp_path):
    path = save(tmp_path / "weights.pth", released_weights())
    with pytest.raises(CheckpointError, match=f"{file_sha256(path)} is not the {'0' * 64}"):
        load_checkpoint(path, "0" * 64)


@pytest.mark.parametrize(
    ("weights", "key"), [(released_weights, "convDa.bias"), (batch_norm_weights, "detector.1.bn.bias")]
)
def test_a_missing_key_is_named(tmp_path, weights, key):
    tensors = weights()
    shape = tuple(tensors.pop(key).shape)
    with pytest.raises(CheckpointError, match=rf"{key}' of shape \({shape[0]},\) is missing"):
        load_checkpoint(save(tmp_path / "weights.pth", tensors))


def test_a_misshapen_key_is_named_with_both_shapes(tmp_path):
    tensors = released_weights() | {"conv1b.weight": torch.zeros(64, 32, 3, 3)}
    with pytest.raises(CheckpointError, match=r"conv1b.weight' has shape \(64, 32, 3, 3\), not \(64, 64, 3, 3\)"):
        load_checkpoint(save(tmp_path / "weights.pth", tensors))


def test_an_unknown_key_is_named(tmp_path):
    tensors = released_weights() | {"conv9z.weight": torch.zeros(1)}
    with pytest.raises(CheckpointError, match=r"conv9z\.weight"):
        load_checkpoint(save(tmp_path / "weights.pth", tensors))


def test_values_that_are_not_finite_are_refused(tmp_path):
    tensors = released_weights()
    tensors["conv2a.bias"][3] = torch.nan
    with pytest.raises(CheckpointError, match=r"conv2a\.bias.*not finite"):
        load_checkpoint(save(tmp_path / "weights.pth", tensors))


def test_another_network_is_refused(tmp_path):
    with pytest.raises(CheckpointError, match=r"unknown layout \(first keys: fc\.weight, fc\.bias\)"):
        load_checkpoint(save(tmp_path / "weights.pth", {"fc.weight": torch.zeros(2), "fc.bias": torch.zeros(2)}))


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("weights.safetensors", b"not a tensor file", "not readable"),
        ("weights.pth", b"not a tensor file", "refused|not readable"),
        ("weights.pth", b"", "refused|not readable"),
        ("weights.onnx", b"", r"must end in \.safetensors, \.pth or \.pt"),
        ("weights.pth", pickle.dumps(test_no_such_file), "refused|not readable"),
    ],
)
def test_other_files_are_refused(tmp_path, name, content, says):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=says):
        load_checkpoint(path)


def test_a_pickle_that_runs_code_is_not_run(tmp_path):
    class Code:
        def __reduce__(self):
            return (exec, (f"open({str(tmp_path / 'ran')!r}, 'w').close()",))

    path = save(tmp_path / "weights.pth", {"conv1a.weight": Code()})
    with pytest.raises(CheckpointError, match="refused"):
        load_checkpoint(path)
    assert not (tmp_path / "ran").exists()


def test_a_file_that_holds_no_state_dict(tmp_path):
    with pytest.raises(CheckpointError, match="no state dict"):
        load_checkpoint(save(tmp_path / "weights.pth", {"epoch": 3}))


def test_affine_maps_cannot_be_saved_in_our_layout(tmp_path):
    with pytest.raises(CheckpointError, match="affine"):
        save_checkpoint(tmp_path / "weights.safetensors", to_weights(SuperPoint(affine=True)))

"""D3's weights files: what is written comes back, what is wrong is named."""

from __future__ import annotations

import pytest
import torch
from helpers.seeded import seeded_d3, seeded_d3_file, seeded_weights_file
from safetensors.torch import load_file, save_file

from superpoint_ros.core.errors import CheckpointError
from superpoint_ros.networks.d3 import D3, without_batch_norm
from superpoint_ros.networks.d3_checkpoint import load_d3, save_d3
from superpoint_ros.networks.d3_layers import d3_shapes
from superpoint_ros.networks.torch_weights import to_weights


def example() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(5)
    log_depths = torch.randn((1, 3, 64, 64), generator=generator)
    distance = 9 * torch.rand((1, 1, 64, 64), generator=generator)
    return torch.rand((1, 3, 64, 64), generator=generator), torch.cat([log_depths, distance], dim=1)


def test_folding_batch_norm_changes_nothing():
    network = seeded_d3()
    for expected, found in zip(network(*example()), without_batch_norm(network)(*example()), strict=True):
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


def test_what_is_written_comes_back(tmp_path):
    network = without_batch_norm(seeded_d3())
    digest = save_d3(tmp_path / "d3.safetensors", to_weights(network))
    loaded = load_d3(tmp_path / "d3.safetensors", digest)
    assert loaded.sha256 == digest
    torch.testing.assert_close(D3.from_weights(loaded.weights)(*example())[0], network(*example())[0])


def test_half_precision_takes_half_the_room(tmp_path):
    files = {torch.float32: tmp_path / "full.safetensors", torch.float16: tmp_path / "half.safetensors"}
    for dtype, path in files.items():
        save_d3(path, to_weights(without_batch_norm(seeded_d3()), dtype))
    full, half = files.values()
    assert half.stat().st_size < 0.51 * full.stat().st_size
    expected, found = (D3.from_weights(load_d3(path).weights)(*example())[0] for path in (full, half))
    torch.testing.assert_close(found, expected, atol=0.02, rtol=0.02)


def test_the_layer_table_is_that_of_the_network():
    network = D3(batch_norm=False)
    assert d3_shapes() == {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}


def test_weights_of_another_network_are_refused(tmp_path):
    with pytest.raises(CheckpointError, match="not those of the densifier"):
        load_d3(seeded_weights_file(tmp_path))


def test_another_digest_and_a_missing_file_are_refused(tmp_path):
    with pytest.raises(CheckpointError, match="no such file"):
        load_d3(tmp_path / "none.safetensors")
    with pytest.raises(CheckpointError, match="is not the 00"):
        load_d3(seeded_d3_file(tmp_path), "0" * 64)


def test_a_missing_key_is_named(tmp_path):
    tensors = load_file(seeded_d3_file(tmp_path))
    del tensors["down2.enter.0.bias"]
    save_file(tensors, tmp_path / "less.safetensors", metadata={"network": "d3"})
    with pytest.raises(CheckpointError, match=r"'down2.enter.0.bias' of shape \(64,\) is missing"):
        load_d3(tmp_path / "less.safetensors")

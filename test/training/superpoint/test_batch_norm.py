import pytest
import torch

from superpoint_ros.networks.superpoint import SuperPoint
from superpoint_ros.training.superpoint.batch_norm import MagicPointBN, SuperPointBN, fold_batch_norm, unfold_batch_norm


def trained() -> SuperPointBN:
    torch.manual_seed(0)
    network = SuperPointBN()
    for norm in network.norm.values():
        torch.nn.init.uniform_(norm.weight, 0.5, 1.5)
        torch.nn.init.uniform_(norm.bias, -0.5, 0.5)
    network.train()
    with torch.no_grad():
        for _ in range(3):
            network(torch.rand(2, 1, 32, 40))
    return network.eval()


@torch.no_grad()
def test_folding_changes_nothing_that_is_computed():
    network = trained()
    plain = fold_batch_norm(network)
    assert type(plain) is SuperPoint
    assert not plain.training
    image = torch.rand(2, 1, 48, 40, generator=torch.Generator().manual_seed(1))
    for got, expected in zip(plain(image), network(image), strict=True):
        torch.testing.assert_close(got, expected, atol=1e-4, rtol=1e-4)


def test_folding_leaves_the_trained_network_alone():
    network = trained()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    fold_batch_norm(network)
    for name, value in network.state_dict().items():
        torch.testing.assert_close(value, before[name], rtol=0, atol=0)


def test_magicpoint_trains_encoder_and_detector_alone():
    network = MagicPointBN()
    network(torch.rand(2, 1, 16, 16)).sum().backward()
    with_gradient = {name for name, parameter in network.named_parameters() if parameter.grad is not None}
    trained_names = {name for name, parameter in network.named_parameters() if parameter.requires_grad}
    assert with_gradient == trained_names
    assert not any("convD" in name for name in trained_names)
    assert network.state_dict().keys() == SuperPointBN().state_dict().keys()


@torch.no_grad()
def test_unfolding_changes_nothing_that_is_computed():
    plain = fold_batch_norm(trained())
    images = torch.rand(4, 1, 48, 40, generator=torch.Generator().manual_seed(1))
    unfolded = unfold_batch_norm(plain, images)
    assert not unfolded.training
    others = torch.rand(2, 1, 48, 40, generator=torch.Generator().manual_seed(2))
    for got, expected in zip(unfolded(others), plain(others), strict=True):
        torch.testing.assert_close(got, expected, atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_an_unfolded_network_computes_nearly_the_same_in_training_mode():
    plain = fold_batch_norm(trained())
    images = torch.rand(4, 1, 48, 40, generator=torch.Generator().manual_seed(1))
    unfolded = unfold_batch_norm(plain, images).train()
    for got, expected in zip(unfolded(images), plain(images), strict=True):
        torch.testing.assert_close(got, expected, atol=1e-2, rtol=1e-2)


@torch.no_grad()
def test_folding_undoes_unfolding():
    plain = fold_batch_norm(trained())
    again = fold_batch_norm(unfold_batch_norm(plain, torch.rand(2, 1, 32, 32)))
    for name, value in plain.state_dict().items():
        torch.testing.assert_close(again.state_dict()[name], value, atol=1e-5, rtol=1e-5)


def test_a_network_with_affine_maps_cannot_be_unfolded():
    with pytest.raises(ValueError, match="affine"):
        unfold_batch_norm(SuperPoint(affine=True), torch.rand(1, 1, 32, 32))


def test_frozen_layers_keep_weights_and_statistics_while_the_others_learn():
    network = trained()
    network.freeze(2)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    network.train()
    optimizer = torch.optim.Adam([p for p in network.parameters() if p.requires_grad], lr=1e-2)
    sum(output.square().sum() for output in network(torch.rand(2, 1, 32, 40))).backward()
    optimizer.step()
    changed = {name for name, value in network.state_dict().items() if not torch.equal(value, before[name])}
    assert not any("conv1a" in name or "conv1b" in name for name in changed)
    assert {"conv2a.weight", "norm.conv2a.running_mean", "convDb.weight", "convPb.bias"} <= changed


@torch.no_grad()
def test_frozen_layers_compute_at_inference_what_they_did_before():
    network = trained()
    image = torch.rand(2, 1, 48, 40)
    expected = network(image)
    network.freeze(3)
    for got, before in zip(network(image), expected, strict=True):
        torch.testing.assert_close(got, before, atol=1e-4, rtol=1e-4)

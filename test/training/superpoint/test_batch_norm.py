import torch

from superpoint_ros.networks.superpoint import SuperPoint
from superpoint_ros.training.superpoint.batch_norm import MagicPointBN, SuperPointBN, fold_batch_norm


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

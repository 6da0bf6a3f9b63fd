import torch
from helpers.seeded import seeded_network

from superpoint_ros.networks.layers import ARCHITECTURES, LAYERS
from superpoint_ros.networks.superpoint import SuperPoint


def test_has_the_parameters_and_keys_of_the_paper():
    network = SuperPoint()
    assert sum(parameter.numel() for parameter in network.parameters()) == 1_300_865
    assert set(network.state_dict()) == {f"{name}.{kind}" for name in LAYERS for kind in ("weight", "bias")}


def test_shapes_and_unit_descriptors():
    logits, descriptors = seeded_network()(torch.rand(2, 1, 24, 40))
    assert logits.shape == (2, 65, 3, 5)
    assert descriptors.shape == (2, 256, 3, 5)
    torch.testing.assert_close(descriptors.norm(dim=1), torch.ones(2, 3, 5))


def test_the_lite_network_has_the_same_outputs_but_for_the_size_of_its_descriptors():
    logits, descriptors = SuperPoint(ARCHITECTURES["superpoint_lite"])(torch.rand(2, 1, 24, 40))
    assert logits.shape == (2, 65, 3, 5)
    assert descriptors.shape == (2, 128, 3, 5)


def test_an_affine_map_of_one_and_zero_changes_nothing():
    image = torch.rand(1, 1, 16, 16)
    plain, affine = seeded_network(), SuperPoint(affine=True)
    affine.load_state_dict(plain.state_dict(), strict=False)
    for got, expected in zip(affine(image), plain(image), strict=True):
        torch.testing.assert_close(got, expected)


def test_gradients_reach_every_parameter():
    network = SuperPoint(affine=True)
    logits, descriptors = network(torch.rand(1, 1, 16, 16))
    (logits.sum() + descriptors[:, 0].sum()).backward()
    assert all(parameter.grad is not None and parameter.grad.abs().sum() > 0 for parameter in network.parameters())


def test_is_translated_with_the_image_by_whole_cells():
    """Two heads at one eighth of the size: a shift by a cell shifts the outputs by one, away from the border."""
    network, image = seeded_network(), torch.rand(1, 1, 128, 136)
    logits, _ = network(image)
    shifted, _ = network(image[..., 8:])
    torch.testing.assert_close(logits[:, :, 6:-6, 7:-6], shifted[:, :, 6:-6, 6:-6], atol=1e-3, rtol=1e-3)

import torch

from superpoint_ros.scenes.sampling import MipmappedTextures, Patch, read_bilinear

TEXELS = torch.tensor([[9.0], [0.0], [10.0], [20.0], [30.0]])
PATCH = Patch(offset=1, height=2, width=2)  # rows (0, 10) and (20, 30)


def read(u, v, wrap):
    return read_bilinear(TEXELS, PATCH, torch.tensor([u]), torch.tensor([v]), wrap=wrap).item()


def test_texel_centers_give_texels():
    assert [read(u, v, False) for v in (0.25, 0.75) for u in (0.25, 0.75)] == [0, 10, 20, 30]


def test_between_texels_is_their_mean():
    assert read(0.5, 0.5, False) == 15
    assert read(0.5, 0.25, False) == 5


def test_edges_extend_or_wrap():
    assert read(0.0, 0.25, wrap=False) == 0
    assert read(0.0, 0.25, wrap=True) == 5
    assert read(1.25, 2.25, wrap=True) == 0


def test_mipmap_level_follows_the_footprint():
    ramp = torch.arange(16, dtype=torch.uint8).view(1, 4, 4, 1).expand(1, 4, 4, 3)
    textures = MipmappedTextures(ramp)
    u = v = torch.full((3,), 0.125)
    colors = textures.read(0, u, v, torch.tensor([0.0, 0.5, 4.0]))
    assert colors[0].tolist() == [0.0] * 3
    assert colors[2].tolist() == [8.0] * 3  # the mean of all, 7.5, as a byte
    finer_than_half = (ramp[0, :2, :2, 0].float().mean()).round().item()
    assert abs(colors[1, 0].item() - finer_than_half) < 5
    assert colors[0, 0] < colors[1, 0] < colors[2, 0]


def test_textures_are_kept_apart():
    plain = torch.stack([torch.full((8, 8, 3), value, dtype=torch.uint8) for value in (10, 200)])
    textures = MipmappedTextures(plain)
    generator = torch.Generator().manual_seed(0)
    u, v, footprint = torch.rand(3, 50, generator=generator) * 3
    assert (textures.read(0, u, v, footprint) == 10).all()
    assert (textures.read(1, u, v, footprint) == 200).all()

import math

import pytest
import torch

from superpoint_ros.scenes.primitives import Box, Material, Sphere
from superpoint_ros.scenes.scene import first_hit, within_cone

PLAIN = Material(0)


def column(*values):
    return torch.tensor(values, dtype=torch.float32)[:, None]


def turned(angle):
    cos, sin = math.cos(angle), math.sin(angle)
    return torch.tensor([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])


def box(center=(0.0, 0.0, 0.0), half=(1.0, 2.0, 3.0), angle=0.0, inside=False):
    return Box(torch.tensor(center), torch.tensor(half), turned(angle), (PLAIN,) * 6, inside)


def ball(center=(5.0, 0.0, 0.0), radius=1.0):
    return Sphere(torch.tensor(center), radius, (PLAIN,))


def test_distance_to_a_box_from_outside():
    assert box().intersect(column(-4, 0, 0), column(1, 0, 0)).item() == pytest.approx(3)
    assert box().intersect(column(-4, 0, 0), column(2, 0, 0)).item() == pytest.approx(1.5)
    assert box().intersect(column(-4, 0, 0), column(-1, 0, 0)).item() == math.inf
    assert box().intersect(column(-4, 2.5, 0), column(1, 0, 0)).item() == math.inf


def test_distance_to_a_turned_box():
    diagonal = box(half=(1.0, 1.0, 1.0), angle=math.pi / 4)
    assert diagonal.intersect(column(-4, 0, 0), column(1, 0, 0)).item() == pytest.approx(4 - math.sqrt(2), abs=1e-5)


def test_distance_to_the_walls_from_inside():
    room = box(inside=True)
    assert room.intersect(column(0, 0, 0), column(1, 0, 0)).item() == pytest.approx(1)
    assert room.intersect(column(0, 1, 0), column(0, -1, 0)).item() == pytest.approx(3)


def test_distance_to_a_sphere():
    assert ball().intersect(column(0, 0, 0), column(1, 0, 0)).item() == pytest.approx(4)
    assert ball().intersect(column(0, 0, 0), column(-1, 0, 0)).item() == math.inf
    assert ball().intersect(column(0, 0, 1.01), column(1, 0, 0)).item() == math.inf


@pytest.mark.parametrize("primitive", [box((1.0, -2.0, 0.5), angle=0.7), box(angle=-0.3, inside=True), ball()])
def test_texture_coordinates_there_and_back(primitive):
    generator = torch.Generator().manual_seed(1)
    for face in range(len(primitive.materials)):
        u, v = torch.rand(2, 40, generator=generator) * 0.96 + 0.02
        points, normals = primitive.points(face, u, v)
        (chart,) = primitive.charts(points)
        assert chart.face == face
        torch.testing.assert_close(torch.stack([chart.u, chart.v]), torch.stack([u, v]), atol=1e-4, rtol=0)
        torch.testing.assert_close(normals.norm(dim=0), torch.ones(40))
        hit = primitive.intersect(points + 0.01 * normals, -normals)
        torch.testing.assert_close(hit, torch.full((40,), 0.01), atol=1e-4, rtol=0)


def test_text_on_a_face_is_not_mirrored():
    """Seen with z up, u grows to the right and v downwards, from outside a box and from inside a room."""
    for primitive, position in ((box(), (0.0, -5.0, 0.0)), (box(inside=True), (0.0, 0.0, 0.0))):
        rays = torch.tensor([[-0.1, 1, 0], [0.1, 1, 0], [0, 1, 0.1], [0, 1, -0.1]]).T
        distance = primitive.intersect(column(*position), rays)
        (chart,) = primitive.charts(column(*position) + distance * rays)
        assert chart.u[0] < chart.u[1]
        assert chart.v[2] < chart.v[3]


def test_face_sizes():
    assert [box().face_size(face) for face in (0, 2, 4)] == [(4, 6), (2, 6), (2, 4)]
    assert ball().face_size(0) == pytest.approx((2 * math.pi, math.pi))


def test_first_hit_takes_the_nearest_and_names_it():
    scene = [ball((9.0, 0.0, 0.0)), ball((5.0, 0.0, 0.0)), ball((0.0, 5.0, 0.0))]
    rays = torch.tensor([[1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0]]).T
    distance, index = first_hit(scene, column(0, 0, 0), rays)
    assert distance.tolist() == [4, 4, math.inf]
    assert index.tolist() == [1, 2, -1]


def test_the_cone_leaves_out_nothing_that_is_hit():
    generator = torch.Generator().manual_seed(2)
    places = torch.randn(60, 3, generator=generator) * 4
    primitives = [ball(tuple(place), 0.5) for place in places.tolist()]
    primitives += [box(tuple(place), (0.3, 0.5, 0.2), place[0]) for place in (places + 1).tolist()]
    origin, kept_somewhere = column(0.1, 0.2, 0.3), set()
    for axis in torch.randn(20, 3, generator=generator):
        rays = axis[:, None] + 0.3 * torch.randn(3, 500, generator=generator)
        candidates = within_cone(primitives, origin, rays)
        hits = [i for i, p in enumerate(primitives) if p.intersect(origin, rays).isfinite().any()]
        assert set(hits) <= set(candidates)
        kept_somewhere.add(len(candidates) < len(primitives))
    assert True in kept_somewhere

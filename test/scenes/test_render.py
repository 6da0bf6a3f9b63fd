import numpy as np
import pytest
import torch

from superpoint_ros.core.geometry import inverse_pose, lift, project, transform
from superpoint_ros.scenes.lighting import direct_light, openness
from superpoint_ros.scenes.primitives import Box, Material, Sphere
from superpoint_ros.scenes.render import Renderer
from superpoint_ros.scenes.room import random_room
from superpoint_ros.scenes.scene import Light, Scene
from superpoint_ros.scenes.trajectory import hand_held, look_at

SIZE = (60, 80)
INTRINSICS = np.array([[70.0, 0, 39.5], [0, 70.0, 29.5], [0, 0, 1]])


def plain_scene(*primitives, colors=(200,)):
    textures = torch.stack([torch.full((4, 4, 3), color, dtype=torch.uint8) for color in colors])
    return Scene(primitives, textures, lights=[], ambient=1.0)


def wall(distance, half_width=50.0):
    """A wall across the x axis."""
    half = torch.tensor([0.5, half_width, 50.0])
    return Box(torch.tensor([distance + 0.5, 0.0, 0.0]), half, torch.eye(3), (Material(0),) * 6)


def along_x():
    return look_at(np.zeros(3), np.array([1.0, 0, 0]))


@pytest.fixture(scope="module")
def room():
    room = random_room(np.random.default_rng(0))
    return room, Renderer(room.scene)


def test_depth_is_along_the_axis_not_along_the_ray():
    rendering = Renderer(plain_scene(wall(3.0))).render(along_x(), INTRINSICS, SIZE)
    np.testing.assert_allclose(rendering.depth, 3.0, atol=1e-5)
    assert rendering.depth.dtype == np.float32


def test_depth_of_a_sphere():
    scene = plain_scene(Sphere(torch.tensor([4.0, 0.0, 0.0]), 1.0, (Material(0),)))
    rendering = Renderer(scene).render(along_x(), INTRINSICS, SIZE)
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    a = ((x - 39.5) ** 2 + (y - 29.5) ** 2) / 70.0**2 + 1
    discriminant = 16 - 15 * a
    expected = np.where(discriminant > 0, (4 - np.sqrt(np.maximum(discriminant, 0))) / a, np.inf)
    certain = np.abs(discriminant) > 0.05
    np.testing.assert_allclose(rendering.depth[certain], expected[certain], rtol=1e-4)


def test_integer_coordinates_are_pixel_centers():
    """A wall that ends on the optical axis covers a pixel whose center lies on it by half, with cx integer."""
    half = torch.tensor([0.5, 5.0, 50.0])
    scene = plain_scene(Box(torch.tensor([2.5, 5.0, 0.0]), half, torch.eye(3), (Material(0),) * 6))
    intrinsics = np.array([[70.0, 0, 40.0], [0, 70.0, 30.0], [0, 0, 1]])
    rgb = Renderer(scene).render(along_x(), intrinsics, SIZE).rgb[10, :, 0]
    assert rgb[39] > 1.9 * rgb[40] > 0
    assert rgb[41] == 0


def test_where_nothing_is_hit():
    away = look_at(np.zeros(3), np.array([-1.0, 0, 0]))
    rendering = Renderer(plain_scene(wall(3.0))).render(away, INTRINSICS, SIZE)
    assert np.isinf(rendering.depth).all()
    assert not rendering.rgb.any()


def test_image_size_that_no_tile_divides():
    rendering = Renderer(plain_scene(wall(3.0))).render(along_x(), INTRINSICS, (101, 203))
    assert rendering.rgb.shape == (101, 203, 3)
    np.testing.assert_allclose(rendering.depth, 3.0, atol=1e-5)


def test_light_falls_with_the_square_of_distance_and_with_the_angle():
    light = Light(torch.tensor([0.0, 0.0, 2.0]), radius=0.01, power=3.0)
    points = torch.tensor([[0.0, 0, 0], [0, 0, 1], [2.0, 0, 0]]).T
    normals = torch.tensor([[0.0, 0, 1]]).T.expand(3, 3)
    brightness = direct_light([], [light], points, normals)
    np.testing.assert_allclose(brightness, [3 / 4, 3, 3 / 8 * np.sqrt(0.5)], rtol=1e-3)


def test_shadow_and_half_shadow():
    light = Light(torch.tensor([0.0, 0.0, 2.0]), radius=0.1, power=1.0)
    roof = Box(torch.tensor([-5.0, 0.0, 1.0]), torch.tensor([5.0, 5.0, 0.01]), torch.eye(3), (Material(0),) * 6)
    points = torch.tensor([[-1.0, 0, 0], [0, 0, 0], [1.0, 0, 0]]).T
    normals = torch.tensor([[0.0, 0, 1]]).T.expand(3, 3)
    free = direct_light([], [light], points, normals)
    share = direct_light([roof], [light], points, normals) / free
    assert share[0] == 0
    assert 0.4 < share[1] < 0.6
    assert share[2] == 1


def test_a_corner_is_darker_than_open_ground():
    block = Box(torch.tensor([0.5, 0.0, 1.0]), torch.tensor([0.5, 5.0, 1.0]), torch.eye(3), (Material(0),) * 6)
    points = torch.tensor([[-0.01, 0, 0], [-3.0, 0, 0]]).T
    share = openness([block], points, torch.tensor([[0.0, 0, 1]]).T.expand(3, 2))
    assert share[0] == pytest.approx(0.5, abs=0.1)
    assert share[1] == 1


def test_two_views_of_a_room_agree(room):
    """A pixel lifted by its depth and projected into the other view meets the same depth and the same color."""
    room, renderer = room
    poses = hand_held(np.random.default_rng(5), room.size, np.array([0.0, 0.2]))
    size, intrinsics = (120, 160), np.array([[130.0, 0, 79.5], [0, 130.0, 59.5], [0, 0, 1]])
    first, second = (renderer.render(pose, intrinsics, size) for pose in poses)
    y, x = (grid.ravel() for grid in np.mgrid[:120, :160])
    points = lift(np.column_stack([x, y]), first.depth[y, x], intrinsics)
    points = transform(points, inverse_pose(poses[1]) @ poses[0])
    pixels = np.nan_to_num(project(points, intrinsics), nan=-1)
    column, row = np.round(pixels).astype(int).T
    seen = (column >= 0) & (row >= 0) & (column < 160) & (row < 120)
    column, row = column[seen], row[seen]
    depth_agrees = np.abs(second.depth[row, column] / points[seen, 2] - 1) < 0.02
    assert seen.mean() > 0.7
    assert depth_agrees.mean() > 0.93
    difference = np.abs(second.rgb[row, column].astype(float) - first.rgb[y, x][seen])[depth_agrees].mean(axis=1)
    unrelated = np.abs(second.rgb[row, column].astype(float) - first.rgb[y, x][seen][::-1]).mean()
    assert np.median(difference) < 8
    assert difference.mean() < 0.3 * unrelated


def test_supersampling_changes_no_depth_and_little_color(room):
    room, renderer = room
    pose = hand_held(np.random.default_rng(1), room.size, np.zeros(1))[0]
    single = Renderer(room.scene, supersampling=1)
    smooth, rough = (r.render(pose, INTRINSICS, SIZE) for r in (renderer, single))
    assert np.array_equal(smooth.depth, rough.depth)
    assert np.abs(smooth.rgb.astype(float) - rough.rgb).mean() < 12


def test_the_same_seed_gives_the_same_picture(room):
    room, renderer = room
    again = Renderer(random_room(np.random.default_rng(0)).scene)
    pose = hand_held(np.random.default_rng(1), room.size, np.zeros(1))[0]
    first, second = (r.render(pose, INTRINSICS, SIZE) for r in (renderer, again))
    assert np.array_equal(first.rgb, second.rgb)
    assert np.array_equal(first.depth, second.depth)


def test_seeds_give_different_rooms():
    first, second = (random_room(np.random.default_rng(seed)) for seed in (1, 2))
    assert first.size != second.size
    assert not torch.equal(first.scene.textures[0], second.scene.textures[0])

"""Random rooms and streets: seeded, furnished, seen from where a camera can be."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from superpoint_ros.scenes.builder import SceneBuilder, tumbled, vector, yawed
from superpoint_ros.scenes.clutter import random_clutter
from superpoint_ros.scenes.primitives import Material
from superpoint_ros.scenes.street import random_street
from superpoint_ros.scenes.viewpoints import MAX_PITCH, MIN_DEPTH, random_intrinsics, random_pose, random_views

MAKERS = (random_clutter, random_street)


@pytest.mark.parametrize("make", MAKERS)
def test_a_place_is_that_of_its_seed(make):
    first, again, other = (make(np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert torch.equal(first.scene.textures, again.scene.textures)
    centers = [[primitive.center.tolist() for primitive in place.scene.primitives] for place in (first, again, other)]
    assert centers[0] == centers[1]
    assert centers[0] != centers[2]


@pytest.mark.parametrize("make", MAKERS)
def test_every_face_wears_a_texture_that_is_there(make):
    scene = make(np.random.default_rng(3)).scene
    assert len(scene.primitives) > 20
    for primitive in scene.primitives:
        for material in primitive.materials:
            assert 0 <= material.texture < len(scene.textures)


@pytest.mark.parametrize("make", MAKERS)
def test_cameras_stand_in_the_place_and_do_not_look_straight_up_or_down(make):
    place = make(np.random.default_rng(4))
    generator = np.random.default_rng(5)
    half = np.array(place.size[:2]) / 2 if hasattr(place, "size") else np.array([place.width, place.length]) / 2
    for _ in range(50):
        pose = random_pose(generator, place)
        np.testing.assert_allclose(pose[:3, :3] @ pose[:3, :3].T, np.eye(3), atol=1e-12)
        assert (np.abs(pose[:2, 3]) <= half).all()
        assert pose[2, 3] > 0
        assert abs(pose[2, 2]) <= np.sin(MAX_PITCH) + 1e-9


@pytest.mark.parametrize("make", MAKERS)
def test_views_are_of_things_at_some_distance(make):
    place = make(np.random.default_rng(6))
    coarse = dataclasses.replace(place, scene=dataclasses.replace(place.scene, texel_size=50.0, light_samples=1))
    views = list(random_views(np.random.default_rng(7), coarse, (24, 32), 3))
    assert len(views) == 3
    for intrinsics, rendering in views:
        assert intrinsics[0, 0] == intrinsics[1, 1]
        assert np.isfinite(rendering.depth).all()
        assert np.quantile(rendering.depth, 0.05) > MIN_DEPTH
        assert rendering.rgb.std() > 1


def test_the_middle_of_the_image_is_the_principal_point():
    intrinsics = random_intrinsics(np.random.default_rng(0), (48, 64))
    np.testing.assert_array_equal(intrinsics[:2, 2], [31.5, 23.5])


def test_tumbling_is_a_rotation():
    for seed in range(10):
        rotation = tumbled(np.random.default_rng(seed)).double()
        torch.testing.assert_close(rotation @ rotation.T, torch.eye(3, dtype=torch.float64), atol=1e-6, rtol=0)
        assert torch.linalg.det(rotation) == pytest.approx(1.0, abs=1e-5)


def test_a_builder_puts_what_it_is_told():
    builder = SceneBuilder(np.random.default_rng(0), texture_size=64)
    front, top, rest = builder.material("wood"), builder.material("checker", scale=2.0), Material(0)
    builder.box((1.0, 2.0, 3.0), (2.0, 4.0, 6.0), np.pi / 2, front, top, rest)
    builder.ball((0.0, 0.0, 1.0), 0.5, rest)
    box, ball = builder.primitives
    assert builder.textures.shape == (2, 64, 64, 3)
    assert top.repeat == (2.0, 2.0)
    assert (box.materials[3], box.materials[4], box.materials[0]) == (front, top, rest)
    torch.testing.assert_close(box.half, vector(1, 2, 3))
    torch.testing.assert_close(box.rotation, yawed(np.pi / 2))
    assert ball.radius == 0.5

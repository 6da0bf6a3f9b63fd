"""Rooms of any size full of boxes, balls, boards and rods in any position: little style, much variety of depth."""

from __future__ import annotations

import math

import numpy as np

from superpoint_ros.scenes.builder import SceneBuilder, Triple, tumbled, vector
from superpoint_ros.scenes.primitives import Material
from superpoint_ros.scenes.room import Room
from superpoint_ros.scenes.scene import Light, Scene
from superpoint_ros.scenes.textures import TEXTURES

KINDS = tuple(TEXTURES)
PLAIN = ("plaster", "wood", "wallpaper", "terrazzo")
OBJECT_COUNT = (30, 80)
MATERIALS = 14
TEXEL_SIZE = 0.25
LIGHT_SAMPLES = 12


def random_clutter(rng: np.random.Generator) -> Room:
    """Draw a cluttered room; the same generator state gives the same room."""
    width, depth, height = rng.uniform((2.5, 2.5, 2.2), (12.0, 12.0, 4.5))
    builder = SceneBuilder(rng, texture_size=256)
    shell = [builder.material(*(PLAIN if rng.random() < 0.6 else KINDS)) for _ in range(6)]
    builder.shell((0.0, 0.0, height / 2), (width, depth, height), *shell)
    materials = [builder.material(*KINDS, scale=rng.uniform(0.3, 1.5)) for _ in range(MATERIALS)]
    for _ in range(rng.integers(*OBJECT_COUNT)):
        material = materials[rng.integers(MATERIALS)]
        _put(builder, (width, depth, height), material)
    lights = [
        Light(
            vector(*rng.uniform((-width / 2, -depth / 2, height / 2), (width / 2, depth / 2, height - 0.1))),
            radius=rng.uniform(0.1, 0.5),
            power=rng.uniform(0.5, 4.0),
        )
        for _ in range(rng.integers(1, 4))
    ]
    ambient = float(rng.uniform(0.3, 0.8))
    scene = Scene(builder.primitives, builder.textures, lights, ambient, TEXEL_SIZE, LIGHT_SAMPLES)
    return Room(scene, (width, depth, height))


def _put(builder: SceneBuilder, room: Triple, material: Material) -> None:
    """Add a standing box, a ball, a leaning or hanging board, a rod or a floating box."""
    rng = builder.rng
    x, y = rng.uniform(-0.5, 0.5, 2) * (room[0], room[1])
    kind = rng.choice(["box", "ball", "board", "rod", "floating"], p=[0.4, 0.15, 0.15, 0.15, 0.15])
    yaw = float(rng.uniform(-math.pi, math.pi))
    size = np.exp(rng.uniform(np.log(0.08), np.log(1.6), 3))
    if kind == "ball":
        radius = float(size[0]) / 2
        up = radius if rng.random() < 0.6 else rng.uniform(radius, room[2])
        builder.ball((x, y, up), radius, material)
        return
    if kind == "rod":
        size[:2] = rng.uniform(0.01, 0.06, 2)
        size[2] = rng.uniform(0.3, room[2])
    elif kind == "board":
        size[1] = rng.uniform(0.01, 0.04)
    up = size[2] / 2 if kind == "box" else rng.uniform(0.0, room[2])
    rotation = yaw if kind == "box" or rng.random() < 0.3 else tumbled(rng)
    builder.box((x, y, float(up)), (float(size[0]), float(size[1]), float(size[2])), rotation, material)

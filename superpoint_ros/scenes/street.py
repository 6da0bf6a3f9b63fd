"""Random streets: houses on both sides, cars, posts, trees, people, under a sky. World: z up, the street along y."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from superpoint_ros.scenes.builder import SceneBuilder, vector
from superpoint_ros.scenes.primitives import Material
from superpoint_ros.scenes.scene import Light, Scene

LENGTH = 100.0  # meters of street, half of it either way
SKY = 85.0  # meters from the middle to the walls and the lid of the sky
SUN_DISTANCE = 80.0
TEXEL_SIZE = 2.5
LIGHT_SAMPLES = 6
FACADES = ("bricks", "tiles", "books", "plaster", "wallpaper", "checker")
PAINTS = ("plaster", "wood", "terrazzo")


@dataclass(frozen=True)
class Street:
    """Hold a scene and the space in it.

    Attributes:
        scene: The street with everything on it.
        width: Distance from kerb to kerb, meters; the road is empty but for cars at its sides.
        length: Length of the street, meters.
    """

    scene: Scene
    width: float
    length: float


def random_street(rng: np.random.Generator) -> Street:
    """Draw a street; the same generator state gives the same street."""
    builder = _StreetBuilder(rng)
    builder.lay_ground()
    builder.build_houses()
    builder.park_cars()
    builder.put_posts_trees_and_people()
    angle, height = rng.uniform(-math.pi, math.pi), rng.uniform(0.5, 1.3)
    sun = SUN_DISTANCE * np.array(
        [math.cos(angle) * math.cos(height), math.sin(angle) * math.cos(height), math.sin(height)]
    )
    light = Light(vector(*sun), radius=1.0, power=float(rng.uniform(0.3, 0.9)) * SUN_DISTANCE**2)
    ambient = float(rng.uniform(0.4, 0.7))
    scene = Scene(builder.primitives, builder.textures, [light], ambient, TEXEL_SIZE, LIGHT_SAMPLES)
    return Street(scene, 2 * builder.half_width, LENGTH)


class _StreetBuilder(SceneBuilder):
    """Fill an empty street, one kind of object after another."""

    def __init__(self, rng: np.random.Generator):
        super().__init__(rng, texture_size=256)
        self.half_width = float(rng.uniform(3.0, 7.0))
        self.pavement = float(rng.uniform(1.0, 4.0))

    def lay_ground(self) -> None:
        """Add road, pavements and the sky around them."""
        road = self.material("terrazzo", "plaster", scale=self.rng.uniform(2.0, 6.0))
        paving = self.material("tiles", "checker", "bricks", "terrazzo", "plaster", scale=2.0)
        sky = self.material("plaster", scale=40.0, emission=float(self.rng.uniform(0.8, 1.6)))
        self.shell((0.0, 0.0, SKY / 2 - 1.0), (2 * SKY, 2 * SKY, SKY), sky)
        self.box((0.0, 0.0, -0.5), (1.9 * SKY, 1.9 * SKY, 1.0), 0.0, road)
        for side in (-1, 1):
            center = side * (self.half_width + self.pavement / 2), 0.0, 0.06
            self.box(center, (self.pavement, LENGTH, 0.12), 0.0, paving)

    def build_houses(self) -> None:
        """Add houses wall to wall, with some gaps, set back by different amounts."""
        facades = [self.material(*FACADES, scale=self.rng.uniform(2.0, 6.0)) for _ in range(10)]
        for side in (-1, 1):
            y = -LENGTH / 2
            while y < LENGTH / 2:
                wide, deep, tall = self.rng.uniform((6.0, 8.0, 3.5), (22.0, 12.0, 18.0))
                x = side * (self.half_width + self.pavement + self.rng.uniform(0.0, 2.0) + deep / 2)
                facade = facades[self.rng.integers(len(facades))]
                self.box((x, y + wide / 2, tall / 2), (deep, wide, tall), 0.0, facade)
                y += wide + (self.rng.uniform(2.0, 8.0) if self.rng.random() < 0.3 else 0.0)

    def park_cars(self) -> None:
        """Add cars at both kerbs, some on the road: a body, a cabin, wheels."""
        tire = self.material("plaster", scale=0.3)
        paints = [self.material(*PAINTS) for _ in range(5)]
        for y in np.arange(-LENGTH / 2 + 4, LENGTH / 2 - 4, 9.0):
            for side in (-1, 1):
                if self.rng.random() < 0.4:
                    x = side * (self.half_width - 1.0 - (2.5 if self.rng.random() < 0.1 else 0.0))
                    self._car(x, float(y), paints[self.rng.integers(len(paints))], tire)

    def _car(self, x: float, y: float, paint: Material, tire: Material) -> None:
        width, length, height = self.rng.uniform((1.6, 3.6, 1.35), (2.0, 5.0, 2.2))
        yaw = float(self.rng.normal(0.0, 0.05))
        self.box((x, y, 0.25 + height * 0.25), (width, length, height * 0.5), yaw, paint)
        cabin = length * self.rng.uniform(0.45, 0.9)
        self.box((x, y, 0.25 + height * 0.7), (width * 0.9, cabin, height * 0.4), yaw, paint)
        for across in (-1, 1):
            for along in (-0.3, 0.3):
                self.ball((x + across * (width / 2 - 0.15), y + along * length, 0.32), 0.32, tire)

    def put_posts_trees_and_people(self) -> None:
        """Add lamp and sign posts, trees of a trunk and some balls, people of a box and a ball, on the pavements."""
        metal, bark = self.material("plaster", "wood"), self.material("wood")
        leaves = [self.material("terrazzo", "plaster", "wallpaper", scale=0.7) for _ in range(3)]
        clothes = [self.material(*PAINTS, "checker", "wallpaper", scale=0.3) for _ in range(5)]
        for y in np.arange(-LENGTH / 2, LENGTH / 2, 7.0):
            for side in (-1, 1):
                place = side * (self.half_width + self.rng.uniform(0.2, 0.9) * self.pavement)
                along, kind = float(y + self.rng.uniform(0, 4)), self.rng.random()
                if kind < 0.3:
                    tall, thick = self.rng.uniform((2.5, 0.05), (7.0, 0.2))
                    self.box((place, along, tall / 2), (thick, thick, tall), 0.0, metal)
                    self.box((place, along, tall), (0.6, 0.1, 0.6), 0.0, clothes[0])
                elif kind < 0.5:
                    self._tree(place, along, bark, leaves[self.rng.integers(len(leaves))])
                elif kind < 0.7:
                    tall = self.rng.uniform(1.3, 1.7)
                    wear = clothes[self.rng.integers(len(clothes))]
                    self.box((place, along, 0.12 + tall / 2), (0.45, 0.3, tall), float(y), wear)
                    self.ball((place, along, 0.25 + tall), 0.13, wear)

    def _tree(self, x: float, y: float, bark: Material, leaves: Material) -> None:
        trunk, thick = self.rng.uniform((1.5, 0.15), (3.5, 0.4))
        self.box((x, y, trunk / 2), (thick, thick, trunk), 0.0, bark)
        for dx, dy, dz in self.rng.uniform(-0.7, 0.7, (3, 3)):
            self.ball((x + dx, y + dy, trunk + 0.6 + dz), float(self.rng.uniform(0.6, 1.4)), leaves)

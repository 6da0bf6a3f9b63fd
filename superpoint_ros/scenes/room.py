"""Random furnished rooms. World frame: z up, the floor's center is the origin, walls along x and y."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from superpoint_ros.scenes.builder import SceneBuilder, Triple, vector, yawed
from superpoint_ros.scenes.primitives import Material
from superpoint_ros.scenes.scene import Light, Scene

WALLS = ("bricks", "wallpaper", "plaster", "tiles")
FLOORS = ("planks", "terrazzo", "checker", "tiles")
PICTURES = ("painting", "print_page", "painting", "rug")
BOXES = ("carton", "carton", "books", "checker", "print_page", "terrazzo")
BALLS = ("checker", "tiles", "terrazzo", "wallpaper")


@dataclass(frozen=True)
class Room:
    """Hold a scene and the space in it.

    Attributes:
        scene: The furnished room.
        size: Distance between the walls and from floor to ceiling, (x, y, z), meters. More than 0.7 m from the walls,
            nothing but the lamp is higher than 1.3 m.
    """

    scene: Scene
    size: Triple


def random_room(rng: np.random.Generator) -> Room:
    """Draw a furnished room; the same generator state gives the same room."""
    width, depth, height = rng.uniform((5.0, 4.5, 2.5), (7.0, 6.0, 3.0))
    furnisher = _Furnisher(rng, (width, depth, height))
    furnisher.build_shell()
    furnisher.hang_pictures()
    furnisher.put_shelves()
    furnisher.put_table()
    furnisher.put_boxes_and_balls()
    lamp = furnisher.hang_lamp()
    window = Light(vector(-0.3 * width, -0.35 * depth, height - 0.3), radius=0.45, power=2.6)
    scene = Scene(furnisher.primitives, furnisher.textures, [lamp, window], ambient=0.5)
    return Room(scene, (width, depth, height))


class _Furnisher(SceneBuilder):
    """Furnish an empty room, one kind of object after another."""

    def __init__(self, rng: np.random.Generator, size: Triple):
        super().__init__(rng)
        self.size = size

    def build_shell(self) -> None:
        """Add walls, floor, ceiling and a rug."""
        walls = [self.material(*WALLS) for _ in range(4)]
        materials = (*walls, self.material("plaster"), self.material(*FLOORS))
        self.shell((0.0, 0.0, self.size[2] / 2), self.size, *materials)
        self.box((0.0, 0.0, 0.006), (2.6, 2.0, 0.012), self.rng.uniform(-0.5, 0.5), self.material("rug"))

    def hang_pictures(self) -> None:
        """Add three pictures in a row on every wall, of different sizes and heights."""
        frame = self.material("wood")
        for wall in range(4):
            yaw = wall * math.pi / 2
            length, distance = self.size[wall % 2], self.size[1 - wall % 2] / 2
            for place in (-0.3, 0.0, 0.3):
                along = place * length + self.rng.uniform(-0.1, 0.1)
                wide, tall = self.rng.uniform((0.6, 0.5), (1.2, 0.95))
                up, away = self.rng.uniform(1.45, 1.75), distance - 0.015
                x, y = yawed(yaw).numpy()[:2, :2] @ (along, away)
                self.box((x, y, up), (wide, 0.03, tall), yaw, self.material(*PICTURES), frame, frame)

    def put_shelves(self) -> None:
        """Add a bookshelf at one end of two opposite walls, its books towards the room."""
        wood = self.material("wood")
        for side in (1, -1):
            x = side * (self.size[0] / 2 - 0.8)
            tall = self.rng.uniform(1.1, 1.9)
            center = (x, side * (self.size[1] / 2 - 0.2), tall / 2)
            self.box(center, (1.2, 0.4, tall), 0.0 if side > 0 else math.pi, self.material("books"), wood, wood)

    def put_table(self) -> None:
        """Add a table near the middle with small objects on it."""
        x, y = self.rng.uniform(-0.5, 0.5, 2)
        yaw, wood = self.rng.uniform(-math.pi, math.pi), self.material("wood")
        rotation = yawed(yaw).numpy()[:2, :2]

        def place(along: float, across: float, up: float) -> Triple:
            dx, dy = rotation @ (along, across)
            return x + dx, y + dy, up

        self.box(place(0, 0, 0.73), (1.5, 0.9, 0.05), yaw, self.material("wood", "checker", "terrazzo"))
        for along, across in ((0.68, 0.38), (0.68, -0.38), (-0.68, 0.38), (-0.68, -0.38)):
            self.box(place(along, across, 0.3525), (0.07, 0.07, 0.705), yaw, wood)
        for along in (-0.5, -0.05, 0.4):
            across, turn = self.rng.uniform(-0.2, 0.2), self.rng.uniform(-math.pi, math.pi)
            size = self.rng.uniform(0.14, 0.34, 3)
            faces = [self.material(*BOXES) for _ in range(3)]
            self.box(place(along, across, 0.755 + size[2] / 2), tuple(size), yaw + turn, *faces)
        self.put_ball(place(0.18, self.rng.choice([-0.33, 0.33]), 0.755), self.rng.uniform(0.06, 0.1))

    def put_boxes_and_balls(self) -> None:
        """Add piles of two boxes in two corners, single boxes along two walls, balls on the floor."""
        half_width, half_depth = self.size[0] / 2, self.size[1] / 2
        for side in (1, -1):
            x, y, top = side * (half_width - 0.55), -side * (half_depth - 0.55), 0.0
            for _ in range(2):
                size = self.rng.uniform(0.4, 0.6, 3)
                faces = [self.material(*BOXES) for _ in range(3)]
                yaw = self.rng.uniform(-0.5, 0.5) + math.pi * (side < 0)
                self.box((x, y, top + size[2] / 2), tuple(size), yaw, *faces)
                top += size[2]
            size = self.rng.uniform(0.35, 0.7, 3)
            faces = [self.material(*BOXES) for _ in range(3)]
            center = (side * (half_width - 0.6), side * self.rng.uniform(-0.4, 0.4), size[2] / 2)
            self.box(center, tuple(size), side * math.pi / 2 + self.rng.uniform(-0.4, 0.4), *faces)
            x = side * self.rng.uniform(-0.2, 0.3) * half_width
            self.put_ball((x, -side * (half_depth - 0.6), 0.0), self.rng.uniform(0.16, 0.3))

    def put_ball(self, foot: Triple, radius: float) -> None:
        """Add a ball that rests on a point."""
        texture = self.material(*BALLS).texture
        material = Material(texture, (math.pi * radius, math.pi * radius))
        self.ball((foot[0], foot[1], foot[2] + radius), radius, material)

    def hang_lamp(self) -> Light:
        """Add a glowing globe under the ceiling."""
        position = (0.1 * self.size[0], 0.1 * self.size[1], self.size[2] - 0.22)
        self.ball(position, 0.16, Material(self.material("plaster").texture, emission=1.3))
        return Light(vector(*position), radius=0.25, power=2.6)

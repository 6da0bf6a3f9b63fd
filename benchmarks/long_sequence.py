"""Whether tracks outlive their points' absence, and memory stays flat: a camera that swings to and fro in a room.

The rendered camera turns about itself, so that points leave the image and come back. Exact depth and poses tell which
have returned: of the tracks of these, the share that is found again within a few images, and the share of those found
within 3 pixels of where they should be. Memory of the process is sampled on the way, its slope after the first third
printed.

    python benchmarks/long_sequence.py --images 600 --tracker hybrid
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from tqdm import tqdm

from superpoint_ros import Extractor
from superpoint_ros.core.decode_options import DecodeOptions
from superpoint_ros.core.geometry import inverse_pose, lift, project, transform
from superpoint_ros.core.image_tracker import make_tracker
from superpoint_ros.core.sparse_depth import depth_at
from superpoint_ros.core.tracker_options import TrackerOptions
from superpoint_ros.scenes.render import Renderer
from superpoint_ros.scenes.room import random_room
from superpoint_ros.scenes.trajectory import look_at

SIZE = (240, 320)
FOCAL = 250.0
PERIOD = 40  # images of one swing to and fro
MARGIN = 8.0  # pixels inside the edge at which a point counts as returned
PATIENCE = 3  # images in which a returned point may be found again
RIGHT = 3.0  # pixels
NOISE = 2.0  # gray values


def swing(degrees: float) -> list[np.ndarray]:
    """Poses of one period of a camera that turns about itself, that far to either side."""
    angles = np.deg2rad(degrees) * np.sin(2 * np.pi * np.arange(PERIOD) / PERIOD)
    eye = np.array([0.0, 0.0, 1.4])
    return [look_at(eye, eye + np.array([np.cos(angle), np.sin(angle), -0.05])) for angle in angles]


@dataclass
class Absences:
    """Watch the tracks that are not seen: which points leave the image and return, and which are found again."""

    K: np.ndarray
    memory: int
    last: dict[int, tuple[int, np.ndarray]] = field(default_factory=dict)
    outside: set[int] = field(default_factory=set)
    returned: dict[int, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("returned", "found", "right"), 0))

    def add(self, number: int, ids: np.ndarray, xy: np.ndarray, depth: np.ndarray, pose: np.ndarray) -> None:
        """Take in the tracks of the next image."""
        self._judge_absent(number, set(ids.tolist()), depth, pose)
        for id_, at in zip(ids.tolist(), xy, strict=True):
            if self.returned.pop(id_, None) is not None:
                expected = self._pixel(self.last[id_][1], pose)
                self.counts["found"] += 1
                self.counts["right"] += bool(np.linalg.norm(at - expected) <= RIGHT)
            self.outside.discard(id_)
        z = depth_at(depth, xy)
        for id_, point in zip(ids.tolist(), transform(lift(xy, z, self.K), pose), strict=True):
            if np.isfinite(point).all():
                self.last[id_] = (number, point)

    def _judge_absent(self, number: int, seen: set[int], depth: np.ndarray, pose: np.ndarray) -> None:
        for id_, (when, point) in list(self.last.items()):
            if number - when > self.memory or number - self.returned.get(id_, number) > PATIENCE:
                self.returned.pop(id_, None)
                self.outside.discard(id_)
                del self.last[id_]
            elif id_ in seen:
                continue
            elif not self._is_inside(xy := self._pixel(point, pose)):
                self.outside.add(id_)
            elif id_ in self.outside and id_ not in self.returned and self._is_shown(point, xy, depth, pose):
                self.returned[id_] = number
                self.counts["returned"] += 1

    def _pixel(self, point: np.ndarray, pose: np.ndarray) -> np.ndarray:
        pixel: np.ndarray = project(transform(point[None], inverse_pose(pose)), self.K)[0]
        return pixel

    def _is_inside(self, xy: np.ndarray) -> bool:
        height, width = SIZE
        return bool(np.all((xy >= MARGIN) & (xy <= (width - 1 - MARGIN, height - 1 - MARGIN))))

    def _is_shown(self, point: np.ndarray, xy: np.ndarray, depth: np.ndarray, pose: np.ndarray) -> bool:
        z = transform(point[None], inverse_pose(pose))[0, 2]
        return bool(abs(depth_at(depth, xy[None])[0] / z - 1) < 0.05)


def noisy_images(gray: list[np.ndarray], count: int) -> Iterator[tuple[int, np.ndarray]]:
    """Images of successive periods, each with noise of its own."""
    rng = np.random.default_rng(0)
    for number in range(count):
        image = gray[number % PERIOD] + rng.normal(0.0, NOISE, SIZE)
        yield number, np.clip(np.rint(image), 0, 255).astype(np.uint8)


def resident_megabytes() -> float:
    """Memory that the process holds."""
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> int:
    """Print what was found again, and how memory went."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=600)
    parser.add_argument("--tracker", choices=("hybrid", "descriptor"), default="hybrid")
    parser.add_argument("--memory", type=int, default=30, help="max_missed_frames")
    parser.add_argument("--degrees", type=float, default=20.0, help="how far the camera turns to either side")
    parser.add_argument("--room", type=int, default=4, help="seed of the room")
    arguments = parser.parse_args()
    height, width = SIZE
    K = np.array([[FOCAL, 0, (width - 1) / 2], [0, FOCAL, (height - 1) / 2], [0, 0, 1]])
    renderer = Renderer(random_room(np.random.default_rng(arguments.room)).scene)
    poses = swing(arguments.degrees)
    rendered = [renderer.render(pose, K, SIZE) for pose in tqdm(poses, desc="render")]
    gray = [one.rgb @ np.array([0.299, 0.587, 0.114]) for one in rendered]
    extractor = Extractor(options=DecodeOptions(max_keypoints=500))
    tracker = make_tracker(TrackerOptions(tracker=arguments.tracker, max_missed_frames=arguments.memory))
    absences, memory = Absences(K, arguments.memory), []
    for number, image in tqdm(noisy_images(gray, arguments.images), total=arguments.images, desc="track"):
        tracks, _ = tracker.update(image, extractor.extract(image))
        place = number % PERIOD
        absences.add(number, tracks.id, tracks.xy, rendered[place].depth, poses[place])
        memory.append(resident_megabytes())
    start = len(memory) // 3
    slope = np.polyfit(np.arange(start, len(memory)), memory[start:], 1)[0]
    counts = absences.counts
    print(f"{arguments.tracker}: {counts['returned']} tracks whose points came back within {arguments.memory} images")
    print(f"found again: {counts['found']}, within {RIGHT:g} px of the truth: {counts['right']}")
    print(f"memory: {memory[start]:.0f} MB, slope {100 * slope:.3f} MB in 100 images")
    return 0


if __name__ == "__main__":
    sys.exit(main())

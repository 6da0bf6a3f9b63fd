"""The whole recipe at toy size: what the end-to-end tests share, and the program that `torchrun` starts in them."""

import sys
from pathlib import Path

import cv2
import numpy as np

from superpoint_ros.cli.main import main
from superpoint_ros.scenes.synthetic_shapes import draw_scene

TINY_LOOP = ["loop.steps=4", "loop.save_every=2", "loop.validate_every=2", "loop.precision=32-true", "loop.warmup=1"]
TINY_MAGICPOINT = ["size=[32, 40]", "batch=2", "validation_images=2", *TINY_LOOP]
TINY_ADAPTATION = ["homographies=3", "area=3072", "batch=2", "threshold=0.0001", "precision=32-true"]
TINY_SUPERPOINT = [
    "canvas=[48, 64]", "size=[32, 40]", "batch=2", "num_correspondences=20", "validation_images=2", *TINY_LOOP,
]  # fmt: skip


def write_images(folder: Path, count: int = 5) -> None:
    """Drawings, as a folder of PNG files."""
    folder.mkdir(parents=True)
    for number in range(count):
        image, _ = draw_scene(np.random.default_rng(number), (64, 80))
        cv2.imwrite(str(folder / f"{number}.png"), image)


def call(*words: object, changes: list[str]) -> int:
    """`superpoint-ros` with the words and one --set for each change."""
    return main([*map(str, words), *(word for change in changes for word in ("--set", change))])


def magicpoint(run: Path, changes: list[str] | None = None, *more: object) -> int:
    """`superpoint-ros train magicpoint` at toy size."""
    changes = TINY_MAGICPOINT + (changes or [])
    return call("train", "magicpoint", "--run-folder", run, "--device", "cpu", *more, changes=changes)


def label(images: Path, labels: Path, weights: Path) -> int:
    """`superpoint-ros label` at toy size."""
    folders = ("--images", images, "--labels", labels)
    return call("label", *folders, "--weights", weights, "--device", "cpu", changes=TINY_ADAPTATION)


def superpoint(images: Path, labels: Path, run: Path, changes: list[str] | None = None, *more: object) -> int:
    """`superpoint-ros train superpoint` at toy size."""
    folders = ("--images", images, "--labels", labels, "--run-folder", run)
    return call("train", "superpoint", *folders, "--device", "cpu", *more, changes=TINY_SUPERPOINT + (changes or []))


if __name__ == "__main__":
    root = Path(sys.argv[1])
    sys.exit(superpoint(root / "images", root / "labels", root / "run", ["balance=gradnorm"]))

"""How well detectors match an image with itself, rolled about the camera's axis.

python benchmarks/rotation.py --images DATA --detectors superpoint sift orb --output output
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from superpoint_ros.core.geometry import warp_points
from superpoint_ros.core.image import resize_image
from superpoint_ros.core.image_files import list_image_files, read_image_file
from superpoint_ros.core.matching import match
from superpoint_ros.core.types import Features
from superpoint_ros.evaluation.detectors.options import DetectorOptions
from superpoint_ros.evaluation.detectors.registry import Detector, make_detector
from superpoint_ros.evaluation.metrics.keypoints import in_shared_region

LONGEST_SIDE = 640  # pixels of the image before it is rolled
THRESHOLD = 3.0  # pixels of a right match


@dataclass(frozen=True)
class RollScore:
    """Hold what became of the mutual matches of one image and its rolled view.

    Attributes:
        right: Number of mutual matches within THRESHOLD of the truth.
        total: Number of mutual matches between keypoints that both views show.
    """

    right: int
    total: int


def rolled_view(image: np.ndarray, angle: float) -> tuple[np.ndarray, np.ndarray]:
    """Roll an image about its center; cut out the central square that every angle fills.

    Args:
        image: Gray image, uint8 (H, W).
        angle: Roll angle, degrees, clockwise in the image.

    Returns:
        The view, uint8 (S, S), and the homography 3x3 of the image's pixels to the view's.
    """
    height, width = image.shape
    side = int(min(height, width) / math.sqrt(2.0))
    radians = math.radians(angle)
    cosine, sine = math.cos(radians), math.sin(radians)
    rotation = np.array([[cosine, -sine], [sine, cosine]])
    center, middle = np.array([width - 1, height - 1]) / 2, np.full(2, (side - 1) / 2)
    homography = np.eye(3)
    homography[:2, :2], homography[:2, 2] = rotation, middle - rotation @ center
    view = cv2.warpAffine(image, homography[:2], (side, side), flags=cv2.INTER_CUBIC)
    return view, homography


def roll_scores(detector: Detector, image: np.ndarray, angles: Iterable[float]) -> list[RollScore]:
    """Match the upright view of an image with those rolled by each angle, and count."""
    upright, to_upright = rolled_view(image, 0.0)
    features, scores = detector.detect(upright), []
    for angle in angles:
        rolled, to_rolled = rolled_view(image, angle)
        scores.append(_score(features, detector.detect(rolled), to_rolled @ np.linalg.inv(to_upright)))
    return scores


def _score(first: Features, second: Features, between: np.ndarray) -> RollScore:
    matches = match(first.descriptors, second.descriptors, max_descriptor_distance=None)
    xy, found = first.xy[matches.index0], second.xy[matches.index1]
    shared = in_shared_region(xy, between, second.image_size)
    shared &= in_shared_region(found, np.linalg.inv(between), first.image_size)
    right = np.linalg.norm(warp_points(xy, between) - found, axis=1) <= THRESHOLD
    return RollScore(int(np.sum(right & shared)), int(np.sum(shared)))


def read_images(folder: Path, count: int) -> list[np.ndarray]:
    """Read the first image of each folder below `folder`, `count` at most, gray, at most LONGEST_SIDE pixels long."""
    found = [list_image_files(one)[:1] for one in sorted(folder.rglob("*")) if one.is_dir()]
    images = []
    for path in [path for first in found for path in first][:count]:
        image = read_image_file(path, "gray")
        scale = min(1.0, LONGEST_SIDE / max(image.shape))
        images.append(resize_image(image, (round(image.shape[0] * scale), round(image.shape[1] * scale))))
    return images


def table(scores: dict[str, dict[int, list[RollScore]]]) -> str:
    """Lay out, per detector and angle, the share of right matches and their mean number."""
    names = list(scores)
    lines = ["| roll [deg] | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for angle in scores[names[0]]:
        cells = []
        for name in names:
            rows = scores[name][angle]
            right, total = sum(row.right for row in rows), sum(row.total for row in rows)
            cells.append(f"{100 * right / max(1, total):.1f} % ({right / len(rows):.0f})")
        lines.append(f"| {angle} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """Print the table and write it beside the numbers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=Path, required=True, help="folder of folders of images")
    parser.add_argument("--count", type=int, default=12, help="images (%(default)s)")
    parser.add_argument("--step", type=int, default=15, help="degrees between the angles (%(default)s)")
    parser.add_argument("--max-keypoints", type=int, default=500)
    parser.add_argument("--detectors", nargs="+", default=["superpoint", "sift", "orb"])
    parser.add_argument("--output", type=Path, default=Path("output/rotation"))
    arguments = parser.parse_args()
    images = read_images(arguments.images, arguments.count)
    angles = range(0, 360, arguments.step)
    scores: dict[str, dict[int, list[RollScore]]] = {}
    for name in arguments.detectors:
        detector = make_detector(name, DetectorOptions(max_keypoints=arguments.max_keypoints))
        by_image = [roll_scores(detector, image, angles) for image in tqdm(images, desc=name, unit="image")]
        scores[name] = {angle: list(rows) for angle, rows in zip(angles, zip(*by_image, strict=True), strict=True)}
    arguments.output.mkdir(parents=True, exist_ok=True)
    text = f"{len(images)} images, {arguments.max_keypoints} keypoints\n\n{table(scores)}\n"
    (arguments.output / "rotation.md").write_text(text)
    plain = {n: {a: [(r.right, r.total) for r in rows] for a, rows in by.items()} for n, by in scores.items()}
    (arguments.output / "rotation.json").write_text(json.dumps(plain))
    print(text)


if __name__ == "__main__":
    main()

"""Data sets of image pairs with known homographies."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from superpoint_ros.core.errors import DatasetError
from superpoint_ros.core.image_files import list_image_files
from superpoint_ros.evaluation.datasets.files import read_matrix, read_text, require_path
from superpoint_ros.evaluation.datasets.frames import HomographyPair

HPATCHES = (
    "the HPatches layout is SCENE/1.ppm .. 6.ppm (or another image format) with SCENE/H_1_2 .. H_1_6; the set is "
    "'HPatches full image sequences' of https://github.com/hpatches/hpatches-dataset"
)
OXFORD = (
    "the Oxford affine layout is SCENE/img1.ppm .. img6.ppm with SCENE/H1to2p .. H1to6p; the set is at "
    "https://www.robots.ox.ac.uk/~vgg/research/affine/"
)
PAIRS = (
    "pairs.txt has lines of 'image0 image1' and the nine numbers of the homography, row by row, paths relative to it"
)


def _numbers(names: Iterable[str], name: str) -> set[int]:
    """Find the numbers k for which `name`, with k in the place of "{}", is among the names."""
    pattern = re.compile(re.escape(name).replace(re.escape("{}"), r"(\d+)"))
    return {int(found[1]) for candidate in names if (found := pattern.fullmatch(candidate))}


def _scene(folder: Path, image_name: str, homography_name: str, origin: str) -> list[HomographyPair]:
    """Read the pairs (1, k) of one scene; every image but the first has a homography, and every homography an image."""
    images = {path.stem: path for path in list_image_files(folder)}
    homographies = {
        path.name: path for path in folder.iterdir() if path.name not in images and not path.name.startswith(".")
    }
    pairs = []
    for number in sorted({1, *_numbers(images, image_name), *_numbers(homographies, homography_name)}):
        if image_name.format(number) not in images:
            raise DatasetError(f"'{folder}' has no image '{image_name.format(number)}'; {origin}")
        if number > 1:
            homography = read_homography(folder / homography_name.format(number), origin)
            reference, other = images[image_name.format(1)], images[image_name.format(number)]
            pairs.append(HomographyPair(folder.name, f"{folder.name}/1-{number}", reference, other, homography))
    return pairs


def _scenes(root: Path, image_name: str, homography_name: str, origin: str) -> list[HomographyPair]:
    """Read every scene folder under `root`, or `root` itself; a scene has the first image or a homography."""
    require_path(root, origin)
    signs = (image_name.format(1) + ".*", homography_name.format("*"))
    folders = [root] if any(list(root.glob(sign)) for sign in signs) else sorted(filter(Path.is_dir, root.iterdir()))
    scenes = [folder for folder in folders if any(list(folder.glob(sign)) for sign in signs)]
    pairs = [pair for folder in scenes for pair in _scene(folder, image_name, homography_name, origin)]
    if not pairs:
        raise DatasetError(f"'{root}' has no pair of images with a homography '{signs[1]}'; {origin}")
    return pairs


def read_homography(path: Path, origin: str) -> np.ndarray:
    """Read a homography, an invertible 3x3 matrix, from text."""
    homography = read_matrix(path, (3, 3), origin)
    if abs(np.linalg.det(homography)) < 1e-12:
        raise DatasetError(f"'{path}': a singular matrix is no homography; {origin}")
    return homography


def read_hpatches(root: Path) -> list[HomographyPair]:
    """Read HPatches' image sequences: every scene under `root`, or the one scene that `root` is."""
    return _scenes(root, "{}", "H_1_{}", HPATCHES)


def read_oxford(root: Path) -> list[HomographyPair]:
    """Read the Oxford affine covariant regions: every scene under `root`, or the one scene that `root` is."""
    return _scenes(root, "img{}", "H1to{}p", OXFORD)


def read_pairs(root: Path) -> list[HomographyPair]:
    """Read a folder with pairs.txt: any pairs of images with their homographies."""
    pairs = []
    for number, line in enumerate(read_text(root / "pairs.txt", PAIRS).splitlines(), 1):
        fields = line.split("#")[0].split()
        if not fields:
            continue
        try:
            homography = np.array([float(field) for field in fields[2:]]).reshape(3, 3)
        except ValueError as error:
            raise DatasetError(f"'{root / 'pairs.txt'}', line {number}: {error}; {PAIRS}") from error
        image0, image1 = (require_path(root / field, PAIRS) for field in fields[:2])
        pairs.append(HomographyPair(image0.parent.name, f"{fields[0]}-{fields[1]}", image0, image1, homography))
    if not pairs:
        raise DatasetError(f"'{root / 'pairs.txt'}' lists no pairs; {PAIRS}")
    return pairs

"""Plain folders of images, with poses, calibration, stamps and depth in files beside them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from superpoint_ros.core.camera import Camera
from superpoint_ros.core.errors import DatasetError
from superpoint_ros.evaluation.datasets.files import (
    list_images,
    pinhole,
    read_depth,
    read_image,
    read_json,
    read_stamped_names,
    read_tum_poses,
    require_path,
)
from superpoint_ros.evaluation.datasets.frames import Frame

DepthReader = Callable[[], np.ndarray]

ORIGIN = (
    "a plain folder holds images, or has them in images/ or rgb/; optional beside them: intrinsics.json (width, "
    "height, fx, fy, cx, cy, distortion), poses_gt.txt (timestamp tx ty tz qx qy qz qw of every image, in order), "
    "timestamps.txt (timestamp filename), depth/, depth_gt/ or lidar/ with 16-bit PNGs of the images' names and "
    "meta.json (depth_scale), lidar_sparse/ for the input of depth completion"
)


def read_folder(root: Path) -> list[Frame]:
    """Read every image of the folder, in the order of timestamps.txt, else of names."""
    require_path(root, ORIGIN)
    stamps, images = _images(root)
    poses = _poses(root, len(images))
    camera = _camera(root)
    depth = _depth_readers(root, images, ("depth_gt", "depth", "lidar"))
    sparse_depth = _depth_readers(root, images, ("lidar_sparse",))
    return [
        Frame(path.stem, float(stamp), partial(read_image, path), camera, pose, measured, sparse, path)
        for path, stamp, pose, measured, sparse in zip(images, stamps, poses, depth, sparse_depth, strict=True)
    ]


def _images(root: Path) -> tuple[np.ndarray, list[Path]]:
    if (root / "timestamps.txt").exists():
        stamps, names = read_stamped_names(root / "timestamps.txt", ORIGIN)
        return stamps, [require_path(root / name, ORIGIN) for name in names]
    folder = next((root / name for name in ("images", "rgb") if (root / name).is_dir()), root)
    images = list_images(folder, ORIGIN)
    return np.arange(len(images), dtype=np.float64), images


def _poses(root: Path, count: int) -> list[np.ndarray] | list[None]:
    if not (root / "poses_gt.txt").exists():
        return [None] * count
    _, poses = read_tum_poses(root / "poses_gt.txt", ORIGIN)
    if len(poses) != count:
        raise DatasetError(f"'{root / 'poses_gt.txt'}': {len(poses)} poses for {count} images; {ORIGIN}")
    return list(poses)


def _camera(root: Path) -> Camera | None:
    path = root / "intrinsics.json"
    if not path.exists():
        return None
    values = read_json(path, ("width", "height", "fx", "fy", "cx", "cy"), ORIGIN)
    if values.get("distortion_model", "none") not in ("none", "plumb_bob"):
        raise DatasetError(f"'{path}': distortion_model {values['distortion_model']!r}; expected 'none' or 'plumb_bob'")
    return pinhole(
        (values["fx"], values["fy"]),
        (values["cx"], values["cy"]),
        (int(values["height"]), int(values["width"])),
        values.get("distortion", ()),
    )


def _depth_readers(root: Path, images: list[Path], names: tuple[str, ...]) -> list[DepthReader | None]:
    """Make a reader per image from the first of the named folders that exists; None for an image without depth."""
    folder = next((root / name for name in names if (root / name).is_dir()), None)
    if folder is None:
        return [None] * len(images)
    scale = float(read_json(root / "meta.json", ("depth_scale",), ORIGIN)["depth_scale"])
    paths = [folder / f"{path.stem}.png" for path in images]
    return [partial(read_depth, path, scale) if path.exists() else None for path in paths]

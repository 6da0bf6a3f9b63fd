"""KITTI's odometry sequences and its depth completion selection."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from superpoint_ros.core.camera import Camera
from superpoint_ros.core.errors import DatasetError
from superpoint_ros.core.geometry import inverse_pose
from superpoint_ros.evaluation.datasets.files import (
    list_images,
    read_depth,
    read_image,
    read_matrix,
    read_numbers,
    read_text,
)
from superpoint_ros.evaluation.datasets.frames import Frame

ODOMETRY = (
    "a KITTI odometry sequence is sequences/NN with image_0/ (or image_2/), calib.txt and times.txt, its poses are "
    "poses/NN.txt two folders up; get both from https://www.cvlibs.net/datasets/kitti/eval_odometry.php"
)
COMPLETION = (
    "KITTI's depth completion selection is a folder with image/, velodyne_raw/, groundtruth_depth/ and intrinsics/, "
    "such as val_selection_cropped from https://www.cvlibs.net/datasets/kitti/eval_depth.php?benchmark=depth_completion"
)
DEPTH_SCALE = 256.0


def read_kitti_odometry(root: Path) -> list[Frame]:
    """Read one odometry sequence: the left gray images, or the left color ones where there are no gray ones."""
    number = 0 if (root / "image_0").is_dir() else 2
    images = list_images(root / f"image_{number}", ODOMETRY)
    stamps = _stamps(root / "times.txt", len(images))
    projection = _projection(root / "calib.txt", number)
    camera = Camera(projection[:, :3], np.zeros(0), image_size=read_image(images[0]).shape[:2])
    poses = _poses(root.resolve().parent.parent / "poses" / f"{root.resolve().name}.txt", projection, len(images))
    for what, count in (("times", len(stamps)), ("poses", len(poses))):
        if count != len(images):
            raise DatasetError(f"'{root}': {len(images)} images but {count} {what}; {ODOMETRY}")
    return [
        Frame(path.stem, float(stamp), partial(read_image, path), camera, pose, file=path)
        for path, stamp, pose in zip(images, stamps, poses, strict=True)
    ]


def _stamps(path: Path, count: int) -> np.ndarray:
    """Read the stamps [s]; NaN for each image where there are none."""
    return read_numbers(path, 1, ODOMETRY)[:, 0] if path.exists() else np.full(count, np.nan)


def _projection(path: Path, number: int) -> np.ndarray:
    """Read the projection (3, 4) of camera `number` from the "P0:" .. "P3:" lines of calib.txt."""
    for line in read_text(path, ODOMETRY).splitlines():
        key, _, values = line.partition(":")
        if key == f"P{number}" and len(values.split()) == 12:
            return np.array(values.split(), np.float64).reshape(3, 4)
    raise DatasetError(f"'{path}': no line 'P{number}:' of twelve numbers; {ODOMETRY}")


def _poses(path: Path, projection: np.ndarray, count: int) -> list[np.ndarray] | list[None]:
    """Read the poses of the camera with this projection, from those of camera 0; KITTI's test sequences have none."""
    if not path.exists():
        return [None] * count
    T_camera_first = np.eye(4)
    T_camera_first[:3, 3] = np.linalg.solve(projection[:, :3], projection[:, 3])
    rows = read_numbers(path, 12, ODOMETRY)
    poses = np.tile(np.eye(4), (len(rows), 1, 1))
    poses[:, :3] = rows.reshape(-1, 3, 4)
    return list(poses @ inverse_pose(T_camera_first))


def read_kitti_completion(root: Path) -> list[Frame]:
    """Read the selected frames: image, one lidar scan as sparse depth, accumulated scans as depth."""
    return [_completion_frame(root, path) for path in list_images(root / "image", COMPLETION)]


def _completion_frame(root: Path, image: Path) -> Frame:
    def beside(folder: str, what: str, suffix: str = ".png") -> Path:
        return root / folder / (image.stem.replace("_sync_image_", f"_sync_{what}_") + suffix)

    def depth(folder: str) -> Callable[[], np.ndarray] | None:
        path = beside(folder, folder)
        return partial(read_depth, path, DEPTH_SCALE) if path.exists() else None

    matrix = read_matrix(beside("intrinsics", "image", ".txt"), (1, 9), COMPLETION).reshape(3, 3)
    return Frame(
        name=image.stem,
        stamp=float("nan"),
        image=partial(read_image, image),
        camera=Camera(matrix, np.zeros(0), image_size=read_image(image).shape[:2]),
        depth=depth("groundtruth_depth"),
        sparse_depth=depth("velodyne_raw"),
        file=image,
    )

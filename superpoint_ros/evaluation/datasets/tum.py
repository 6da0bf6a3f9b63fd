"""TUM RGB-D sequences: rgb.txt, depth.txt, groundtruth.txt and the images that they list."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from superpoint_ros.evaluation.datasets.files import (
    nearest_rows,
    pinhole,
    read_depth,
    read_image,
    read_stamped_names,
    read_tum_poses,
)
from superpoint_ros.evaluation.datasets.frames import Frame

ORIGIN = (
    "a TUM RGB-D sequence has rgb.txt, depth.txt and groundtruth.txt beside rgb/ and depth/, as unpacked from "
    "https://cvg.cit.tum.de/data/datasets/rgbd-dataset/download"
)
DEPTH_SCALE = 5000.0
IMAGE_SIZE = (480, 640)
MAX_TIME_DIFFERENCE = 0.02

# Published calibration of the color cameras; the images of freiburg3 are undistorted.
CAMERAS = {
    "freiburg1": pinhole((517.3, 516.5), (318.6, 255.3), IMAGE_SIZE, [0.2624, -0.9531, -0.0054, 0.0026, 1.1633]),
    "freiburg2": pinhole((520.9, 521.0), (325.1, 249.7), IMAGE_SIZE, [0.2312, -0.7849, -0.0033, -0.0001, 0.9172]),
    "freiburg3": pinhole((535.4, 539.2), (320.1, 247.6), IMAGE_SIZE),
}


def read_tum(root: Path) -> list[Frame]:
    """Read every color image, with the depth and the pose within 20 ms of it where there are such.

    The camera is found by "freiburg1" to "freiburg3" in the folder's name; without it there is none.
    """
    stamps, names = read_stamped_names(root / "rgb.txt", ORIGIN)
    depth_stamps, depth_names = _optional_depth(root)
    pose_stamps, poses = _optional_poses(root)
    depth_rows = nearest_rows(depth_stamps, stamps, MAX_TIME_DIFFERENCE)
    pose_rows = nearest_rows(pose_stamps, stamps, MAX_TIME_DIFFERENCE)
    camera = next((camera for key, camera in CAMERAS.items() if key in root.resolve().name), None)
    return [
        Frame(
            name=Path(name).stem,
            stamp=float(stamp),
            image=partial(read_image, root / name),
            camera=camera,
            pose=poses[pose_row] if pose_row >= 0 else None,
            depth=partial(read_depth, root / depth_names[depth_row], DEPTH_SCALE) if depth_row >= 0 else None,
            file=root / name,
        )
        for stamp, name, depth_row, pose_row in zip(stamps, names, depth_rows, pose_rows, strict=True)
    ]


def _optional_poses(root: Path) -> tuple[np.ndarray, np.ndarray]:
    if not (root / "groundtruth.txt").exists():
        return np.zeros(0), np.zeros((0, 4, 4))
    return read_tum_poses(root / "groundtruth.txt", ORIGIN)


def _optional_depth(root: Path) -> tuple[np.ndarray, list[str]]:
    if not (root / "depth.txt").exists():
        return np.zeros(0), []
    return read_stamped_names(root / "depth.txt", ORIGIN)

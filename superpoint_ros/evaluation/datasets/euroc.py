"""EuRoC MAV sequences: mav0/cam0 with its calibration, and the ground truth of the body."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import yaml

from superpoint_ros.core.camera import Camera
from superpoint_ros.core.errors import DatasetError
from superpoint_ros.core.geometry import pose_from_quaternion
from superpoint_ros.core.yaml_text import parse_yaml
from superpoint_ros.evaluation.datasets.files import nearest_rows, pinhole, read_image, read_numbers, read_text
from superpoint_ros.evaluation.datasets.frames import Frame

ORIGIN = (
    "a EuRoC sequence has mav0/cam0/{data.csv, data/, sensor.yaml} and mav0/state_groundtruth_estimate0/data.csv (ASL "
    "format), from https://projects.asl.ethz.ch/datasets/doku.php?id=kmavvisualinertialdatasets"
)
NANOSECONDS = 1e-9
# Name in sensor.yaml: whether it is the equidistant one.
DISTORTION_MODELS = {"radial-tangential": False, "equidistant": True}
MAX_TIME_DIFFERENCE = 0.005


def read_euroc(root: Path) -> list[Frame]:
    """Read the left camera's frames, with the camera's poses; `root` is the folder that holds mav0, or mav0 itself."""
    mav = root if (root / "cam0").is_dir() else root / "mav0"
    camera, T_body_camera = read_sensor(mav / "cam0" / "sensor.yaml")
    stamps, names = _listed_images(mav / "cam0" / "data.csv")
    truth = _optional_truth(mav / "state_groundtruth_estimate0" / "data.csv")
    rows = nearest_rows(truth[:, 0] * NANOSECONDS, stamps, MAX_TIME_DIFFERENCE)
    poses = [None if row < 0 else _body_pose(truth[row]) @ T_body_camera for row in rows]
    paths = [mav / "cam0" / "data" / name for name in names]
    return [
        Frame(path.stem, float(stamp), partial(read_image, path), camera, pose, file=path)
        for stamp, path, pose in zip(stamps, paths, poses, strict=True)
    ]


def _optional_truth(path: Path) -> np.ndarray:
    return read_numbers(path, 8, ORIGIN, delimiter=",") if path.exists() else np.zeros((0, 8))


def _body_pose(row: np.ndarray) -> np.ndarray:
    """Convert a row of time, position and quaternion (w, x, y, z) to T_world_body."""
    try:
        return pose_from_quaternion(row[1:4], row[[5, 6, 7, 4]])
    except ValueError as error:
        place = f"state_groundtruth_estimate0/data.csv, pose at {row[0]:.0f} ns"
        raise DatasetError(f"{place}: {error}; {ORIGIN}") from error


def _listed_images(path: Path) -> tuple[np.ndarray, list[str]]:
    lines = [line for line in read_text(path, ORIGIN).splitlines() if line and not line.startswith("#")]
    try:
        stamps, names = zip(*[line.split(",")[:2] for line in lines], strict=True)
        return np.array([int(stamp) * NANOSECONDS for stamp in stamps]), [name.strip() for name in names]
    except ValueError as error:
        raise DatasetError(f"'{path}': {error}; expected lines of 'nanoseconds,filename'; {ORIGIN}") from error


def read_sensor(path: Path) -> tuple[Camera, np.ndarray]:
    """Read a camera's sensor.yaml: its Camera and T_body_camera (4, 4)."""
    text = read_text(path, ORIGIN).removeprefix("%YAML:1.0")
    try:
        content = parse_yaml(text)
        fx, fy, cx, cy = content["intrinsics"]
        width, height = content["resolution"]
        pose = np.array(content["T_BS"]["data"], np.float64).reshape(4, 4)
        fisheye = DISTORTION_MODELS[content["distortion_model"]]
        coefficients = content["distortion_coefficients"]
        return pinhole((fx, fy), (cx, cy), (height, width), coefficients, fisheye=fisheye), pose
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        known = ", ".join(DISTORTION_MODELS)
        text = f"'{path}': {error}; expected intrinsics, resolution, T_BS, distortion_model ({known}); {ORIGIN}"
        raise DatasetError(text) from error

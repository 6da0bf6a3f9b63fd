"""What the frontend sees at one moment, in files that people and NumPy read: for a bug report, or a notebook."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import yaml
from sensor_msgs.msg import CompressedImage, Image

from superpoint_ros.core.drawing import Trails, draw_tracks
from superpoint_ros.core.errors import SuperPointRosError
from superpoint_ros.core.files import path_beside
from superpoint_ros.core.stamps import nanoseconds
from superpoint_ros.core.types import Features, Tracks
from superpoint_ros.ros.messages.image_decoding import message_to_array


class SnapshotError(SuperPointRosError):
    """Report why no snapshot is made."""


@dataclass(frozen=True)
class Seen:
    """Hold one camera's newest image and what was found in it.

    Attributes:
        message: The image as it came.
        tracks: Its tracks.
        features: Its features; None where the network has not seen it.
    """

    message: Image | CompressedImage
    tracks: Tracks
    features: Features | None = None


def save_snapshot(folder: Path, node: str, seen: Mapping[str, Seen], facts: Mapping[str, str]) -> Path:
    """Write <node>_<stamp in nanoseconds>/ with <camera>.png, <camera>_tracks.png, .npz files and snapshot.yaml.

    Args:
        folder: Where the new folder is made; ~ is the home folder.
        node: Name of the node.
        seen: What each camera sees.
        facts: What is running, by name.

    Returns:
        The new folder, which is there whole or not at all.

    Raises:
        SnapshotError: No camera has sent an image, or the files cannot be written.
    """
    if not seen:
        raise SnapshotError("no image has come yet")
    stamp = max(nanoseconds(one.message.header.stamp) for one in seen.values())
    path = _absolute(folder) / f"{node}_{stamp}"
    beside = path_beside(path)
    try:
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True)
        cameras = {camera: _write_camera(beside, camera, one) for camera, one in seen.items()}
        text = yaml.safe_dump({**facts, "cameras": cameras}, sort_keys=False)
        (beside / "snapshot.yaml").write_text(text, encoding="utf-8")
        shutil.rmtree(path, ignore_errors=True)
        beside.rename(path)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return path


def _absolute(folder: Path) -> Path:
    try:
        return folder.expanduser().absolute()
    except (OSError, RuntimeError) as error:  # The home folder of nobody, a working folder that is gone.
        raise _unwritable(folder, error) from error


def _unwritable(path: Path, error: Exception) -> SnapshotError:
    reason = (getattr(error, "strerror", None) or str(error)).lower()
    return SnapshotError(f"'{path}' cannot be written: {reason}; set snapshot_folder to another place")


def _write_camera(folder: Path, camera: str, seen: Seen) -> dict[str, Any]:
    """Write the files of one camera; return what is to be said of it."""
    image = message_to_array(seen.message, "bgr8")
    _write_image(folder / f"{camera}.png", image)
    _write_image(folder / f"{camera}_tracks.png", draw_tracks(image, seen.tracks, Trails().update(seen.tracks)))
    contents = {"tracks": seen.tracks, "features": seen.features}
    for name, content in contents.items():
        if content is not None:
            np.savez_compressed(folder / f"{camera}_{name}.npz", **_columns(content))
    return {
        "stamp": nanoseconds(seen.message.header.stamp),
        "frame_id": seen.message.header.frame_id,
        "image_size": list(image.shape[:2]),
        "tracks": len(seen.tracks),
        "keypoints": None if seen.features is None else len(seen.features),
    }


def _write_image(path: Path, image: np.ndarray) -> None:
    path.write_bytes(cv2.imencode(path.suffix, image)[1].tobytes())


def _columns(content: Tracks | Features) -> dict[str, Any]:
    values = {one.name: getattr(content, one.name) for one in fields(content)}
    return {name: value for name, value in values.items() if value is not None}

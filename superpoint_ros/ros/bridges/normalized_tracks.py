"""Tracks with normalized coordinates, and the sensor_msgs/PointCloud that the estimators of VINS make of them.

Both VINS-Mono and VINS-Fusion assert that z is 1, and read ids from float32.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from geometry_msgs.msg import Point32
from sensor_msgs.msg import ChannelFloat32, PointCloud
from std_msgs.msg import Header

from superpoint_ros.core.types import Tracks
from superpoint_ros.msg import Tracks as TracksMessage
from superpoint_ros.ros.messages.errors import InputError
from superpoint_ros.ros.messages.features import message_to_tracks

# float32 holds every integer up to here.
ID_LIMIT = 2**24


@dataclass(frozen=True)
class NormalizedTracks:
    """Hold the tracks of one image with where they lie in the optical frame.

    Attributes:
        tracks: The tracks.
        xy: (N, 2), X/Z and Y/Z in the optical frame; NaN where the lens model has no inverse.
        velocity: (N, 2), change of it since the track was last seen [1/s]; 0 where new.
        is_known: bool (N,), whether both, and the pixel, are finite.
    """

    tracks: Tracks
    xy: np.ndarray
    velocity: np.ndarray
    is_known: np.ndarray


def message_to_normalized_tracks(message: TracksMessage) -> NormalizedTracks:
    """Convert a message to tracks with their normalized coordinates.

    Raises:
        InputError: Arrays of different lengths, or no normalized coordinates.
    """
    tracks = message_to_tracks(message)
    fields = (message.normalized_x, message.normalized_y, message.velocity_x, message.velocity_y)
    if any(len(field) != len(tracks) for field in fields):
        text = (
            f"{len(tracks)} tracks with {len(message.normalized_x)} normalized coordinates and "
            f"{len(message.velocity_x)} velocities: the frontend node needs the camera's CameraInfo"
        )
        raise InputError("no CameraInfo", text)
    columns = np.stack([np.frombuffer(field, np.float32) for field in fields], axis=1)
    is_known = np.asarray(np.isfinite(np.hstack([columns, tracks.xy])).all(axis=1))
    return NormalizedTracks(tracks, columns[:, :2], columns[:, 2:], is_known)


def point_cloud(xy: np.ndarray, channels: Mapping[str, np.ndarray], header: Header) -> PointCloud:
    """Make a PointCloud of points (x, y, 1).

    Args:
        xy: (N, 2), X/Z and Y/Z.
        channels: Values (N,) of each channel by its name, in order; they travel as float32.
        header: Header of the image.
    """
    return PointCloud(
        header=header,
        points=[Point32(x=x, y=y, z=1.0) for x, y in xy.tolist()],
        channels=[
            ChannelFloat32(name=name, values=np.asarray(values, np.float32).tolist())
            for name, values in channels.items()
        ],
    )

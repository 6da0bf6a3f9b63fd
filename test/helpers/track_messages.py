"""Messages of tracks with values that are easy to recognize."""

from __future__ import annotations

from typing import Any

import numpy as np
from helpers.ros_probe import header

from superpoint_ros.core.types import Tracks
from superpoint_ros.msg import Tracks as TracksMessage
from superpoint_ros.ros.messages.features import tracks_to_message
from superpoint_ros.ros.messages.stamps import time_message

# Of three tracks: the first is new, the second has no finite direction, the id of the third is more than float32 holds.
ID = np.array([4, 5, 2**24 + 6])
AGE = np.array([1, 2, 3], np.int32)
XY = np.float32([[100.5, 50.25], [7, 8], [300, 200]])
NORMALIZED = np.float32([[0.25, -0.5], [np.nan, np.nan], [0.125, 1]])
VELOCITY = np.float32([[0, 0], [np.nan, np.nan], [-1.5, 2]])


def made_tracks(epoch: int = 0, **columns: Any) -> Tracks:
    """The three tracks, or those with other values in some columns."""
    count = len(columns.get("id", ID))
    unknown = np.full(count, np.nan, np.float32)
    values = {
        "id": ID, "age": AGE, "xy": XY, "previous_xy": np.full((count, 2), np.nan, np.float32), "distance": unknown,
        "mean_distance": unknown, "status": np.zeros(count, np.uint8), "lost_id": np.zeros(0, np.int64),
    }  # fmt: skip
    return Tracks(epoch=epoch, **values | columns)


def tracks_message(
    milliseconds: int = 1500,
    epoch: int = 0,
    *,
    previous: int = 1,
    normalized: np.ndarray | None = NORMALIZED,
    velocity: np.ndarray | None = VELOCITY,
    **columns: Any,
) -> TracksMessage:
    """A message of them; `previous` is the stamp [ns] of the image before, 0 where an epoch begins."""
    tracks = made_tracks(epoch, **columns)
    stamps = header(milliseconds), "camera", time_message(previous)
    return tracks_to_message(tracks, *stamps, normalized, velocity)

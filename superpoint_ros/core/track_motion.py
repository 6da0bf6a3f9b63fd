"""Velocities of tracks in normalized image coordinates."""

from __future__ import annotations

import numpy as np

from superpoint_ros.core.camera import Camera
from superpoint_ros.core.types import STATUS_NEW, Tracks

SECONDS_PER_NANOSECOND = 1e-9


class TrackMotion:
    """Remember when each track was last seen, and derive its velocity in normalized coordinates.

    >>> from superpoint_ros import Features, Tracker
    >>> camera = Camera(np.diag([100.0, 100.0, 1.0]), np.zeros(0), image_size=(480, 640))
    >>> tracker, motion = Tracker(), TrackMotion()
    >>> for stamp, x in ((0, 0.0), (500_000_000, 10.0)):
    ...     features = Features(np.float32([[x, 0]]), np.ones(1), np.float32([[1, 0]]), (480, 640))
    ...     normalized, velocity = motion.update(tracker.update(features), stamp, camera)
    >>> velocity.tolist()
    [[0.2, 0.0]]
    """

    def __init__(self) -> None:
        self._epoch = 0
        self._last_seen: dict[int, int] = {}

    def update(self, tracks: Tracks, stamp: int, camera: Camera | None) -> tuple[np.ndarray, np.ndarray] | None:
        """Take in the tracks of the next image; to be called for every image.

        Args:
            tracks: Tracks of the image.
            stamp: Time of the image, nanoseconds.
            camera: Camera that took the image; None where it is not known.

        Returns:
            Normalized coordinates (N, 2) and their velocity (N, 2) in 1/s since the track was last seen, 0 where it is
            new or no time has passed; both NaN where the lens model has no inverse (`Camera.normalize`). None without a
            camera.
        """
        if tracks.epoch != self._epoch:
            self._epoch, self._last_seen = tracks.epoch, {}
        for lost in tracks.lost_id.tolist():
            self._last_seen.pop(lost, None)
        ids = tracks.id.tolist()
        elapsed = SECONDS_PER_NANOSECOND * np.array([stamp - self._last_seen.get(track, stamp) for track in ids])
        self._last_seen.update(dict.fromkeys(ids, stamp))
        return None if camera is None else _motion(tracks, elapsed, camera)


def _motion(tracks: Tracks, elapsed: np.ndarray, camera: Camera) -> tuple[np.ndarray, np.ndarray]:
    normalized = camera.normalize(tracks.xy)
    velocity = np.zeros_like(normalized)
    moved = (tracks.status != STATUS_NEW) & (elapsed > 0)
    displacement = normalized[moved] - camera.normalize(tracks.previous_xy[moved])
    velocity[moved] = displacement / elapsed[moved, None]
    return normalized, velocity

"""What a tracker that follows points remembers of each of its tracks, one row each."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from superpoint_ros.core.types import STATUS_FOLLOWED, STATUS_NEW


@dataclass
class TrackTable:
    """Hold the tracks that are followed, and those that may be found again.

    Attributes:
        id: Track ids, int64 (N,).
        age: Number of images in which the track has been seen, int32 (N,).
        visible: Whether the track is followed, bool (N,); the others wait to be found again.
        missed: Number of images with keypoints, one after the other, in which none has its descriptor, int32 (N,).
        status: Where the position comes from, uint8 (N,), see `Tracks`.
        xy: Position in the newest image, or where the track was seen last, float32 (N, 2), pixels.
        reported_xy: Position in the image in which it was reported last, float32 (N, 2), pixels; NaN = never.
        variance: Variance of each coordinate, float32 (N,), square pixels.
        matches: Number of matches of its descriptor, int32 (N,).
        distance: Distance of the match in the newest image, float32 (N,); NaN without one.
        mean_distance: Mean distance of all matches, float32 (N,); NaN without one.
        descriptors: Newest descriptors, float32 (N, D).
    """

    id: np.ndarray
    age: np.ndarray
    visible: np.ndarray
    missed: np.ndarray
    status: np.ndarray
    xy: np.ndarray
    reported_xy: np.ndarray
    variance: np.ndarray
    matches: np.ndarray
    distance: np.ndarray
    mean_distance: np.ndarray
    descriptors: np.ndarray

    def __len__(self) -> int:
        return len(self.id)

    @staticmethod
    def begin(first_id: int, xy: np.ndarray, variance: np.ndarray, descriptors: np.ndarray) -> TrackTable:
        """Make new tracks with ids from `first_id` on, at positions (N, 2)."""
        count, unknown = len(xy), np.full(len(xy), np.nan, np.float32)
        return TrackTable(
            id=np.arange(first_id, first_id + count, dtype=np.int64),
            age=np.zeros(count, np.int32),
            visible=np.ones(count, bool),
            missed=np.zeros(count, np.int32),
            status=np.full(count, STATUS_NEW, np.uint8),
            xy=np.array(xy, np.float32),
            reported_xy=np.full((count, 2), np.nan, np.float32),
            variance=np.array(variance, np.float32),
            matches=np.zeros(count, np.int32),
            distance=unknown,
            mean_distance=unknown.copy(),
            descriptors=np.array(descriptors, np.float32),
        )

    def take(self, rows: np.ndarray) -> TrackTable:
        """Return a table of some rows, given as indices or as a mask."""
        return TrackTable(**{one.name: getattr(self, one.name)[rows] for one in fields(self)})

    def append(self, other: TrackTable) -> TrackTable:
        """Return a table with the rows of another one below."""
        names = [one.name for one in fields(self)]
        return TrackTable(**{name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in names})

    def rows_of(self, ids: np.ndarray) -> np.ndarray:
        """Find the rows of ids, int64 (M,); -1 where a track is no longer there."""
        order = np.argsort(self.id, kind="stable")
        place = np.searchsorted(self.id, ids, sorter=order)
        found = order[np.minimum(place, len(order) - 1)] if len(order) else np.zeros(len(ids), np.int64)
        same = self.id[found] == ids if len(order) else np.zeros(len(ids), bool)
        return np.where(same, found, -1)

    def unseen_beyond(self, count: int) -> np.ndarray:
        """Tell which tracks are not followed and not among the `count` of these that were matched last, bool (N,)."""
        beyond = np.zeros(len(self), bool)
        unseen = np.flatnonzero(~self.visible)
        beyond[unseen[np.argsort(self.missed[unseen], kind="stable")[count:]]] = True
        return beyond

    def match(self, rows: np.ndarray, descriptors: np.ndarray, distance: np.ndarray, status: int) -> None:
        """Take in matches of some rows: fresh descriptors, their distances, and what the position now comes from."""
        self.missed[rows] = 0
        self.status[rows] = status
        self.descriptors[rows] = descriptors
        self.matches[rows] += 1
        self.distance[rows] = distance
        mean = np.nan_to_num(self.mean_distance[rows])
        self.mean_distance[rows] = mean + (distance - mean) / self.matches[rows]

    def report(self) -> TrackTable:
        """Count the visible tracks as seen and return them; from now on their positions come from optical flow."""
        self.age[self.visible] += 1
        seen = self.take(self.visible)
        self.reported_xy[self.visible] = self.xy[self.visible]
        self.status[self.visible] = STATUS_FOLLOWED
        self.distance[:] = np.nan
        return seen

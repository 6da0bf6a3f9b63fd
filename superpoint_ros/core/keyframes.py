"""Images whose keypoints come late, and the way from them to the newest image and back."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from superpoint_ros.core.optical_flow import Flow, FlowOptions, follow_along
from superpoint_ros.core.track_table import TrackTable

# Every so many images one is remembered, and so many of these.
REMEMBERED_EVERY, MAX_REMEMBERED = 4, 16


@dataclass(frozen=True)
class Keyframe:
    """Hold an image that a network is to see, and where the tracks were in it.

    Attributes:
        epoch: Epoch of the tracker.
        number: Number of the image within the epoch.
        image: The image, uint8 (H, W).
        id: Ids of the visible tracks, int64 (N,).
        xy: Their positions, float32 (N, 2), pixels.
    """

    epoch: int
    number: int
    image: np.ndarray
    id: np.ndarray
    xy: np.ndarray


class RecentImages:
    """Remember the newest image and some of those before it, for keypoints that do not make the whole way at once.

    Attributes:
        number: Number of the newest image, from 1 on.
        newest: The newest image, uint8 (H, W); None = nothing can be followed from it.
    """

    def __init__(self) -> None:
        self.number = 0
        self.newest: np.ndarray | None = None
        self._first = 1
        self._some: dict[int, np.ndarray] = {}

    def add(self, image: np.ndarray) -> None:
        """Take the next image."""
        self.number += 1
        self.newest = image
        if self.number % REMEMBERED_EVERY == 0:
            self._some[self.number] = image
            self._some.pop(self.number - MAX_REMEMBERED * REMEMBERED_EVERY, None)

    def interrupt(self) -> None:
        """Have nothing followed from the images so far to those to come."""
        self.newest, self._first, self._some = None, self.number + 1, {}

    def reaches(self, keyframe: Keyframe) -> bool:
        """Tell whether points can be followed from a keyframe to the newest image."""
        return self.newest is not None and keyframe.number >= self._first

    def way(self, keyframe: Keyframe) -> list[np.ndarray]:
        """Return the images from a keyframe that reaches the newest image to that one."""
        if keyframe.image is self.newest:
            return [keyframe.image]
        assert self.newest is not None
        between = [image for number, image in self._some.items() if keyframe.number < number < self.number]
        return [keyframe.image, *between, self.newest]


def visible_since(table: TrackTable, keyframe: Keyframe) -> tuple[np.ndarray, np.ndarray]:
    """Find the tracks that were visible in a keyframe and still are: their rows, and their positions in it (M, 2)."""
    rows = table.rows_of(keyframe.id)
    known = rows >= 0
    known[known] = table.visible[rows[known]]
    return rows[known], keyframe.xy[known]


def with_later_tracks(keyframe: Keyframe, table: TrackTable, images: RecentImages, options: FlowOptions) -> Keyframe:
    """Add to a keyframe the tracks that keypoints of earlier images began or found again after it was taken.

    Args:
        keyframe: One that reaches the newest image.
        table: The tracks as they are now.
        images: The way between the two, over which they are followed back.
        options: How.
    """
    later = np.flatnonzero(table.visible & ~np.isin(table.id, keyframe.id))
    rows, before = visible_since(table, keyframe)
    guess = moved_like_nearest(table.xy[later], table.xy[rows], before)
    flow = follow_along(images.way(keyframe)[::-1], table.xy[later], options, guess)
    ids, xy = table.id[later[flow.found]], flow.xy[flow.found]
    return replace(keyframe, id=np.concatenate([keyframe.id, ids]), xy=np.concatenate([keyframe.xy, xy]))


def bring_to_newest(
    keyframe: Keyframe, xy: np.ndarray, table: TrackTable, images: RecentImages, options: FlowOptions
) -> Flow:
    """Follow points (N, 2) of a keyframe to the newest image."""
    rows, before = visible_since(table, keyframe)
    return follow_along(images.way(keyframe), xy, options, moved_like_nearest(xy, before, table.xy[rows]))


def moved_like_nearest(xy: np.ndarray, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Guess where points (N, 2) are, moved as the nearest of other points (M, 2), whose motion is known."""
    if not len(before):
        return xy
    nearest = np.square(xy[:, None] - before[None]).sum(axis=2).argmin(axis=1)
    guess: np.ndarray = xy + (after - before)[nearest]
    return guess


def median_motion(table: TrackTable, keyframe: Keyframe) -> np.ndarray:
    """Return the median motion of the tracks since a keyframe, float32 (2,), pixels; 0 where there is none."""
    rows, before = visible_since(table, keyframe)
    motion: np.ndarray = np.median(table.xy[rows] - before, axis=0) if len(rows) else np.zeros(2)
    return motion.astype(np.float32)

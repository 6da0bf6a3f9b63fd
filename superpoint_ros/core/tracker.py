"""Tracks with persistent ids from the features of successive images of one camera.

The matching is that of the released SuperPoint demo (mutual nearest neighbors below a descriptor distance);
on top of it a track outlives the images in which it is not seen, and may be held to a motion gate and to the
epipolar geometry of the pair of images.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from superpoint_ros.core.epipolar import epipolar_inliers
from superpoint_ros.core.matching import match, principal_directions, screen
from superpoint_ros.core.tracker_options import TrackerOptions
from superpoint_ros.core.types import STATUS_NEW, STATUS_TRACKED, Features, Matches, Tracks

# Tracks that are remembered while no keypoint shows them; those unseen for longest are given up first.
MAX_UNSEEN = 20_000


@dataclass(frozen=True)
class _Memory:
    """Hold every living track as it was last seen, one row each.

    `missed` counts the images with keypoints since then, `images` all of the camera's;
    `screens` are the descriptors' (matching.screen), once there are directions for them.
    """

    id: np.ndarray
    age: np.ndarray
    missed: np.ndarray
    images: np.ndarray
    xy: np.ndarray
    mean_distance: np.ndarray
    descriptors: np.ndarray
    screens: np.ndarray

    def at(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        return {name: getattr(self, name)[rows] for name in self.__dataclass_fields__}


class Tracker:
    """Follow the keypoints of one camera. One instance per camera; not safe for concurrent use.

    >>> from superpoint_ros import Features
    >>> tracker = Tracker(TrackerOptions(max_missed_frames=2))
    >>> corner = Features(np.float32([[10, 20]]), np.ones(1), np.float32([[1, 0]]), (480, 640))
    >>> moved = Features(np.float32([[13, 20]]), np.ones(1), np.float32([[1, 0]]), (480, 640))
    >>> [tracker.update(features).id.tolist() for features in (corner, moved)]
    [[0], [0]]

    Args:
        options: Which matches continue a track.

    Attributes:
        options: The TrackerOptions in force; may be replaced between images.
        epoch: Number of resets so far.
    """

    def __init__(self, options: TrackerOptions = TrackerOptions()) -> None:
        self.options = options
        self.epoch = 0
        self._next_id = 0
        self._memory: _Memory | None = None
        self._directions: np.ndarray | None = None
        # Images without known keypoints since those of the memory.
        self._skipped = 0

    def reset(self) -> None:
        """Forget every track; the epoch rises, and ids go on from where they were."""
        self.epoch += 1
        self._memory = self._directions = None
        self._skipped = 0

    def skip_image(self) -> None:
        """Have points move on for an image whose keypoints are not known: no track ages, none is lost."""
        self._skipped += 1

    def update(self, features: Features) -> Tracks:
        """Track the features of the next image; row i of the tracks is keypoint i of `features`.

        An image without keypoints is skipped.
        """
        # Match the features with every living track.
        if self._directions is None:
            self._find_directions(features.descriptors)
        screens = self._screen(features.descriptors)
        memory = self._memory
        if memory is None or len(memory.id) == 0:
            pairs = match(features.descriptors[:0], features.descriptors)
        else:
            pairs = self._associate(memory, features, screens)
        # Continue matched tracks, begin new ones, give up those unseen for too long.
        tracks, missed = self._tracks(memory, pairs, features)
        # Remember the living tracks, seen or not.
        if len(features):
            self._remember(tracks, memory, missed, features, screens)
        else:
            self.skip_image()
        return tracks

    def _find_directions(self, descriptors: np.ndarray) -> None:
        """Choose the directions of all screens to come, and screen what is remembered in them."""
        self._directions = principal_directions(descriptors)
        if self._memory is not None:
            self._memory = replace(self._memory, screens=self._screen(self._memory.descriptors))

    def _screen(self, descriptors: np.ndarray) -> np.ndarray:
        """Screen descriptors; (N, 0) where there are no directions for their kind."""
        if self._directions is None or len(self._directions) != descriptors.shape[1]:
            return np.zeros((len(descriptors), 0), np.float32)
        return screen(descriptors, self._directions)

    def _associate(self, memory: _Memory, features: Features, screens: np.ndarray) -> Matches:
        reach = np.asarray((self.options.max_displacement or 0.0) * (memory.images + self._skipped + 1))

        def is_allowed(rows: slice) -> np.ndarray:
            return within_reach(memory.xy[rows], features.xy, reach[rows])

        pairs = match(
            memory.descriptors,
            features.descriptors,
            max_descriptor_distance=self.options.max_descriptor_distance,
            allowed=None if self.options.max_displacement is None else is_allowed,
            screens=None if self._directions is None else (memory.screens, screens),
        )
        if self.options.epipolar_threshold is not None:
            good = _epipolar_inliers(
                memory.xy[pairs.index0],
                features.xy[pairs.index1],
                memory.missed[pairs.index0],
                self.options.epipolar_threshold,
            )
            pairs = Matches(pairs.index0[good], pairs.index1[good], pairs.distance[good])
        return pairs

    def _tracks(self, memory: _Memory | None, pairs: Matches, features: Features) -> tuple[Tracks, np.ndarray]:
        """Make the tracks of this image, and list the rows of the memory that live on unseen."""
        count, seen = len(features), pairs.index1
        new = np.ones(count, bool)
        new[seen] = False
        id_ = np.empty(count, np.int64)
        id_[new] = np.arange(self._next_id, self._next_id + new.sum())
        self._next_id += int(new.sum())
        age = np.ones(count, np.int32)
        previous_xy = np.full((count, 2), np.nan, np.float32)
        distance = np.full(count, np.nan, np.float32)
        mean_distance = np.full(count, np.nan, np.float32)
        unseen = lost_id = np.zeros(0, np.int64)
        if memory is not None:
            rows = pairs.index0
            id_[seen] = memory.id[rows]
            age[seen] = memory.age[rows] + 1
            previous_xy[seen] = memory.xy[rows]
            distance[seen] = pairs.distance
            mean = np.nan_to_num(memory.mean_distance[rows])
            mean_distance[seen] = mean + (pairs.distance - mean) / memory.age[rows]
            is_seen = np.zeros(len(memory.id), bool)
            is_seen[rows] = True
            unseen = np.flatnonzero(~is_seen)
            if count:
                # The memory is in the order in which tracks were seen last.
                too_many = np.arange(len(unseen)) >= MAX_UNSEEN
                expired = (memory.missed[unseen] >= self.options.max_missed_frames) | too_many
                lost_id, unseen = memory.id[unseen[expired]], unseen[~expired]
        status = np.where(new, STATUS_NEW, STATUS_TRACKED).astype(np.uint8)
        tracks = Tracks(
            self.epoch,
            id_,
            age,
            features.xy,
            previous_xy,
            distance,
            mean_distance,
            status,
            np.sort(lost_id),
            features.sigma,
        )
        return tracks, unseen

    def _remember(
        self, tracks: Tracks, memory: _Memory | None, unseen: np.ndarray, features: Features, screens: np.ndarray
    ) -> None:
        current = _Memory(
            tracks.id,
            tracks.age,
            np.zeros(len(tracks), np.int32),
            np.zeros(len(tracks), np.int32),
            tracks.xy,
            tracks.mean_distance,
            features.descriptors,
            screens,
        )
        passed, self._skipped = self._skipped + 1, 0
        if memory is None or len(unseen) == 0:
            self._memory = current
            return
        old = memory.at(unseen)
        old["missed"], old["images"] = old["missed"] + 1, old["images"] + passed
        self._memory = _Memory(**{name: np.concatenate([getattr(current, name), rows]) for name, rows in old.items()})


def within_reach(xy0: np.ndarray, xy1: np.ndarray, reach: np.ndarray) -> np.ndarray:
    """Tell which pairs of points (N, 2) and (M, 2) are within each first point's reach (N,), pixels; bool (N, M)."""
    squared = np.subtract.outer(xy0[:, 0], xy1[:, 0]) ** 2
    squared += np.subtract.outer(xy0[:, 1], xy1[:, 1]) ** 2
    within: np.ndarray = squared <= np.float32(reach**2)[:, None]
    return within


def _epipolar_inliers(xy0: np.ndarray, xy1: np.ndarray, group: np.ndarray, threshold: float) -> np.ndarray:
    """Tell which pairs agree with the fundamental matrix of their group (pairs of the same two images); bool (N,)."""
    good = np.ones(len(xy0), bool)
    for value in np.unique(group):
        rows = np.flatnonzero(group == value)
        good[rows] = epipolar_inliers(xy0[rows], xy1[rows], threshold)
    return good

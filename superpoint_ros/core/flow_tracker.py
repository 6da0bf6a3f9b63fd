"""Tracks that optical flow carries from image to image, and that keypoints begin, confirm, find again or end.

Learned corners followed by optical flow, after T. Qin et al., "VINS-Mono", T-RO 2018 (section IV.A), with keypoints of
a network in place of Shi-Tomasi corners; the use of their descriptors, to end tracks that drifted and to find lost ones
again, is this package's own.
"""

from __future__ import annotations

import numpy as np

from superpoint_ros.core.epipolar import epipolar_inliers
from superpoint_ros.core.keyframes import (
    Keyframe,
    RecentImages,
    bring_to_newest,
    median_motion,
    visible_since,
    with_later_tracks,
)
from superpoint_ros.core.mask import unmasked
from superpoint_ros.core.optical_flow import Flow, follow_points
from superpoint_ros.core.track_association import choose_seeds, has_other_keypoint, keypoint_variance, match_near
from superpoint_ros.core.track_table import TrackTable
from superpoint_ros.core.tracker import MAX_UNSEEN
from superpoint_ros.core.tracker_options import TrackerOptions
from superpoint_ros.core.types import STATUS_CONFIRMED, STATUS_NEW, STATUS_TRACKED, Features, Tracks

# Share of the confirming radius within which a keypoint is at a track's own place.
SAME_PLACE = 0.5
# Share of the largest descriptor distance up to which a lost track is found again, since many keypoints are in reach.
FOUND_AGAIN = 0.7
UNTRACKED = -1


class FlowTracker:
    """Follow keypoints by optical flow; see core/image_tracker.py for what its methods promise.

    With `tracker: hybrid`, a track whose place has a keypoint of another descriptor ends; one that no keypoint has
    confirmed in more than `max_missed_frames` images with keypoints ends too; one that flow lost is found again by its
    descriptor within that time. With `tracker: flow`, keypoints only begin tracks.

    >>> import cv2
    >>> image = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (80, 80), np.uint8), (0, 0), 2)
    >>> corner = Features(np.float32([[40, 40]]), np.ones(1), np.float32([[1, 0]]), (80, 80))
    >>> tracker = FlowTracker(TrackerOptions(tracker="hybrid"))
    >>> tracks, _ = tracker.update(image, corner)
    >>> moved = tracker.follow(np.roll(image, 3, axis=1))
    >>> moved.id.tolist(), moved.xy.round(1).tolist()
    ([0], [[43.0, 40.0]])

    Args:
        options: How points are followed, and which matches continue a track.

    Attributes:
        options: The TrackerOptions in force; may be replaced between images.
    """

    def __init__(self, options: TrackerOptions) -> None:
        self.options = options
        self._epoch = 0
        self._next_id = 0
        self._forget()

    def _forget(self) -> None:
        self._images = RecentImages()
        self._size: tuple[int, ...] | None = None
        self._mask: np.ndarray | None = None
        self._table: TrackTable | None = None
        self._lost: list[np.ndarray] = []
        # Number of images that were left out since the newest one.
        self._held = 0

    def reset(self) -> None:
        """Forget every track; the epoch rises, and ids go on from where they were."""
        self._epoch += 1
        self._forget()

    def interrupt(self) -> None:
        """Follow nothing into the next image; tracks wait to be found again by their descriptors."""
        if self._table is not None:
            self._end(np.flatnonzero(self._table.visible))
        self._images.interrupt()

    def follow(self, image: np.ndarray, mask: np.ndarray | None = None) -> Tracks:
        """Track the next image by optical flow alone."""
        return self._report() if self._advance(image, mask, may_be_blind=True) else self._nothing()

    def update(
        self, image: np.ndarray, features: Features, mask: np.ndarray | None = None
    ) -> tuple[Tracks, np.ndarray]:
        """Track the next image, whose keypoints are known."""
        if not self._advance(image, mask, may_be_blind=len(features) == 0):
            return self._nothing(), np.full(len(features), UNTRACKED, np.int64)
        keyframe = self.keyframe()
        assert keyframe is not None
        ids = self.learn(keyframe, features)
        return self._report(), ids

    def keyframe(self) -> Keyframe | None:
        """Return what `learn` needs to know of the newest image."""
        number, image, table = self._images.number, self._images.newest, self._table
        if image is None or self._held:
            return None
        if table is None:
            return Keyframe(self._epoch, number, image, np.zeros(0, np.int64), np.zeros((0, 2), np.float32))
        return Keyframe(self._epoch, number, image, table.id[table.visible], table.xy[table.visible])

    def learn(self, keyframe: Keyframe, features: Features) -> np.ndarray:
        """Take in the keypoints of an image that was tracked before."""
        ids = np.full(len(features), UNTRACKED, np.int64)
        if keyframe.epoch != self._epoch or not self._images.reaches(keyframe) or len(features) == 0:
            return ids
        if self._table is None:
            nothing = np.zeros(0, np.float32)
            self._table = TrackTable.begin(0, nothing.reshape(0, 2), nothing, features.descriptors[:0])
        keyframe = with_later_tracks(keyframe, self._table, self._images, self.options.flow)
        if self.options.tracker == "hybrid":
            self._table.missed += 1
            self._confirm(keyframe, features, ids)
        self._carry(keyframe, features, ids)
        if self.options.tracker == "hybrid":
            self._remove((self._table.missed > self._patience()) | self._table.unseen_beyond(MAX_UNSEEN))
        return ids

    def _patience(self) -> np.ndarray:
        """Return for each track the number of images with keypoints in which it may go without a match."""
        assert self._table is not None
        followed, lost = self.options.flow_max_unconfirmed, self.options.max_missed_frames
        return np.where(self._table.visible, followed, lost)

    def _advance(self, image: np.ndarray, mask: np.ndarray | None, *, may_be_blind: bool) -> bool:
        """Move the visible tracks to the next image; False where the image shows none of them, and is left out."""
        if self._size not in (None, image.shape):
            self.reset()
        rows = np.zeros(0, np.int64) if self._table is None else np.flatnonzero(self._table.visible)
        if len(rows):
            assert self._table is not None
            assert self._images.newest is not None
            flow = follow_points(self._images.newest, image, self._table.xy[rows], self.options.flow)
            if may_be_blind and not flow.found.any() and self._held < self.options.max_missed_frames:
                # A black or overexposed image: hold on to the one before.
                self._held += 1
                return False
            good = self._is_plausible(rows, flow, mask)
            self._move(rows, flow, good)
            self._end(rows[~good])
        self._images.add(image)
        self._size, self._mask, self._held = image.shape, mask, 0
        return True

    def _is_plausible(self, rows: np.ndarray, flow: Flow, mask: np.ndarray | None) -> np.ndarray:
        """Tell which tracks flow has found where they may be; bool (N,)."""
        assert self._table is not None
        before = self._table.xy[rows]
        good: np.ndarray = flow.found & unmasked(flow.xy, mask)
        if self.options.max_displacement is not None:
            good &= np.linalg.norm(flow.xy - before, axis=1) <= self.options.max_displacement * (self._held + 1)
        if self.options.epipolar_threshold is not None:
            good[good] = epipolar_inliers(before[good], flow.xy[good], self.options.epipolar_threshold)
        return good

    def _move(self, rows: np.ndarray, flow: Flow, good: np.ndarray) -> None:
        """Move the tracks that were followed well; the lost ones, those of this image too, go where the others do."""
        assert self._table is not None
        lost = ~self._table.visible
        lost[rows[~good]] = True
        step = flow.xy[good] - self._table.xy[rows[good]]
        self._table.xy[rows[good]] += step
        self._table.variance[rows[good]] += flow.variance[good]
        if len(step):
            self._table.xy[lost] += np.median(step, axis=0)

    def _end(self, rows: np.ndarray) -> None:
        """Stop following tracks: without descriptors they are given up, with them they may be found again."""
        assert self._table is not None
        if self.options.tracker == "hybrid":
            self._table.visible[rows] = False
            self._table.missed[rows] = 0
        else:
            gone = np.zeros(len(self._table), bool)
            gone[rows] = True
            self._remove(gone)

    def _remove(self, gone: np.ndarray) -> None:
        """Give up the tracks of a mask over the table."""
        assert self._table is not None
        self._lost.append(self._table.id[gone & (self._table.age > 0)])
        self._table = self._table.take(~gone)

    def _confirm(self, keyframe: Keyframe, features: Features, ids: np.ndarray) -> None:
        """Match visible tracks with the keypoints where they were; end those whose place has another descriptor."""
        table, radius = self._table, self.options.flow_confirm_radius
        assert table is not None
        rows, xy = visible_since(table, keyframe)
        pairs = match_near(table, rows, xy, features, radius, self.options.max_descriptor_distance)
        matched, keypoints = rows[pairs.index0], pairs.index1
        ids[keypoints] = table.id[matched]
        table.match(matched, features.descriptors[keypoints], pairs.distance, STATUS_CONFIRMED)
        # Another corner is where the track should be.
        alone = np.ones(len(rows), bool)
        alone[pairs.index0] = False
        other = has_other_keypoint(table, rows[alone], xy[alone], features, SAME_PLACE * radius, self.options)
        self._end(rows[alone][other])

    def _carry(self, keyframe: Keyframe, features: Features, ids: np.ndarray) -> None:
        """Bring the keypoints of no track to the newest image: they find lost tracks again, or begin new ones."""
        table = self._table
        assert table is not None
        free, lost = np.flatnonzero(ids == UNTRACKED), np.flatnonzero(~table.visible)
        room = max(self.options.max_tracks - int(np.count_nonzero(table.visible)), 0)
        radius, limit = self.options.flow_search_radius, FOUND_AGAIN * self.options.max_descriptor_distance
        expected = table.xy[lost] - median_motion(table, keyframe)
        pairs = match_near(table, lost, expected, features.take(free), radius, limit)
        found = free[pairs.index1]
        others, room = np.setdiff1d(free, found), max(room - len(found), 0)
        tracked = np.concatenate([visible_since(table, keyframe)[1], features.xy[found]])
        seeds = choose_seeds(keyframe.image, features, others, tracked, room, self.options)
        keypoints = np.concatenate([found, seeds])
        flow = bring_to_newest(keyframe, features.xy[keypoints], table, self._images, self.options.flow)
        variance = keypoint_variance(features)[keypoints] + flow.variance
        reached = flow.found & unmasked(flow.xy, self._mask)
        # Found again.
        good = np.flatnonzero(reached[: len(found)])
        rows = lost[pairs.index0[good]]
        table.xy[rows], table.variance[rows], table.visible[rows] = flow.xy[good], variance[good], True
        table.match(rows, features.descriptors[found[good]], pairs.distance[good], STATUS_TRACKED)
        # New.
        new = len(found) + np.flatnonzero(reached[len(found) :])
        begun = TrackTable.begin(self._next_id, flow.xy[new], variance[new], features.descriptors[keypoints[new]])
        self._next_id += len(begun)
        ids[keypoints[good]], ids[keypoints[new]] = table.id[rows], begun.id
        self._table = table.append(begun)

    def _report(self) -> Tracks:
        """Make the tracks of the newest image."""
        if self._table is None:
            return self._nothing()
        seen = self._table.report()
        is_new = np.isnan(seen.reported_xy[:, 0])
        return Tracks(
            epoch=self._epoch,
            id=seen.id,
            age=seen.age,
            xy=seen.xy,
            previous_xy=seen.reported_xy,
            # Keypoints may have matched a track before it is reported for the first time.
            distance=np.where(is_new, np.float32(np.nan), seen.distance),
            mean_distance=seen.mean_distance,
            status=np.where(is_new, STATUS_NEW, seen.status).astype(np.uint8),
            lost_id=self._take_lost(),
            sigma=np.sqrt(seen.variance),
        )

    def _nothing(self) -> Tracks:
        return Tracks.empty(self._epoch, self._take_lost())

    def _take_lost(self) -> np.ndarray:
        lost = np.sort(np.concatenate([np.zeros(0, np.int64), *self._lost]))
        self._lost = []
        return lost

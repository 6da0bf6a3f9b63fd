"""Tracks of random sequences: images, keypoints in time and late, interruptions, resets, masks, sizes, options."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers.sliding_camera import BLACK, DESCRIPTORS, HALF, HYBRID, SIZE, seen, view
from helpers.track_ledger import TrackLedger
from hypothesis import given, settings
from hypothesis import strategies as st

from superpoint_ros.core.flow_tracker import FlowTracker
from superpoint_ros.core.geometry import inside_image
from superpoint_ros.core.image_tracker import make_tracker
from superpoint_ros.core.mask import unmasked, without_masked
from superpoint_ros.core.tracker_options import TrackerOptions
from superpoint_ros.core.types import Features, Tracks

CROPPED = (100, 140)
IMAGES = ("follow", "update", "update with few", "update with none", "black", "black update", "noise", "other corners")
EVENTS = ("learn", "learn", "learn two", "interrupt", "reset", "mask", "size", "jump", "options")
STEPS = st.lists(st.tuples(st.sampled_from(IMAGES + IMAGES + EVENTS), st.integers(0, 2**16)), min_size=30, max_size=60)
OPTIONS = st.builds(
    TrackerOptions,
    max_missed_frames=st.integers(0, 3),
    max_tracks=st.sampled_from([3, 500]),
    flow_cell_size=st.sampled_from([1, 16, 40]),
    flow_max_unconfirmed=st.integers(0, 3),
    max_displacement=st.sampled_from([None, 6.0]),
    epipolar_threshold=st.sampled_from([None, 1.0]),
    flow_search_radius=st.sampled_from([2.0, 20.0]),
)


class Sequence:
    """A camera and its tracker, which any step is done with; all Tracks are checked."""

    def __init__(self, options: TrackerOptions):
        self.tracker, self.ledger = make_tracker(options), TrackLedger()
        self.tracks: list[Tracks] = []
        self._position, self._size, self._mask = (150, 150), SIZE, None
        self._late: list = []

    def do(self, step: str, seed: int) -> None:
        rng = np.random.default_rng(seed)
        if step in IMAGES:
            self._position = tuple(np.clip(self._position + rng.integers(-4, 5, 2), 90, 230).tolist())
            self._take(step, rng)
        elif step.startswith("learn"):
            for keyframe, features in self._late[: 2 if step == "learn two" else 1]:
                self._check_ids(self.tracker.learn(keyframe, features), keyframe.epoch)
            self._late = self._late[2 if step == "learn two" else 1 :]
        elif step == "mask":
            self._mask = None if self._mask is not None else HALF[: self._size[0], : self._size[1]]
        elif step == "size":
            self._size, self._mask = (CROPPED if self._size == SIZE else SIZE), None
        elif step == "jump":
            self._position = tuple(rng.integers(100, 220, 2).tolist())
        elif step == "options":
            changed = {"max_missed_frames": int(seed % 4), "max_tracks": int(rng.choice([3, 500]))}
            self.tracker.options = replace(self.tracker.options, **changed)
        else:
            getattr(self.tracker, step)()

    def _take(self, step: str, rng: np.random.Generator) -> None:
        image = BLACK if step.startswith("black") else view(*self._position)
        image = np.ascontiguousarray(image[: self._size[0], : self._size[1]])
        if step == "noise":
            image = rng.integers(0, 256, self._size, np.uint8)
        features = self._keypoints(step, rng)
        if "update" in step or step == "other corners":
            tracks, ids = self.tracker.update(image, features, self._mask)
            self.ledger.check(tracks, self._size)
            self._check_ids(ids, tracks.epoch)
            assert np.isin(ids[ids >= 0], tracks.id).all()
        else:
            tracks = self.tracker.follow(image, self._mask)
            self.ledger.check(tracks, self._size)
            if (keyframe := self.tracker.keyframe()) is not None:
                self._late.append((keyframe, features))
        assert unmasked(tracks.xy, self._mask).all()
        self.tracks.append(tracks)

    def _keypoints(self, step: str, rng: np.random.Generator) -> Features:
        descriptors = np.roll(DESCRIPTORS, 1, axis=1) if step == "other corners" else DESCRIPTORS
        found = replace(seen(*self._position, descriptors=descriptors), image_size=self._size)
        found = without_masked(found.take(inside_image(found.xy, self._size)), self._mask)
        share = {"update with few": 0.3, "update with none": 0.0, "black update": 0.0}.get(step, 1.0)
        return found.take(rng.random(len(found)) < share)

    def _check_ids(self, ids: np.ndarray, epoch: int) -> None:
        known = ids[ids >= 0].tolist()
        assert len(set(known)) == len(known)
        assert epoch != self.ledger.epoch or not set(known) & self.ledger.lost


@pytest.mark.parametrize("kind", ["descriptor", "flow", "hybrid"])
@settings(max_examples=25)
@given(options=OPTIONS, steps=STEPS)
def test_every_field_of_tracks_agrees_with_the_images_before(kind, options, steps):
    sequence = Sequence(replace(options, tracker=kind))
    for step in steps:
        sequence.do(*step)


@pytest.mark.parametrize("kind", ["descriptor", "flow", "hybrid"])
@settings(max_examples=5)
@given(options=OPTIONS, steps=STEPS)
def test_the_same_steps_give_the_same_tracks(kind, options, steps):
    one, other = (Sequence(replace(options, tracker=kind)) for _ in range(2))
    for sequence in (one, other):
        for step in steps:
            sequence.do(*step)
    for first, second in zip(one.tracks, other.tracks, strict=True):
        for name in Tracks.__dataclass_fields__:
            np.testing.assert_array_equal(getattr(first, name), getattr(second, name), name)


def test_a_track_that_is_matched_before_it_is_first_reported_is_new_without_a_distance():
    tracker, keyframes = FlowTracker(HYBRID), []
    for x in (100, 102):
        tracker.follow(view(x, 100))
        keyframes.append((tracker.keyframe(), seen(x, 100)))
    for one in keyframes:
        tracker.learn(*one)
    tracks = tracker.follow(view(104, 100))
    assert len(tracks) > 20
    assert not tracks.status.any()
    assert np.isnan(tracks.distance).all()
    again, _ = tracker.update(view(104, 100), seen(104, 100))
    assert np.isfinite(again.distance).any()

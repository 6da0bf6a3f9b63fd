"""What every tracker of a camera's images can do, and the ones there are."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from superpoint_ros.core.flow_tracker import FlowTracker
from superpoint_ros.core.keyframes import Keyframe
from superpoint_ros.core.tracker import Tracker
from superpoint_ros.core.tracker_options import TrackerOptions
from superpoint_ros.core.types import Features, Tracks


class ImageTracker(Protocol):
    """Track successive images of one camera: one instance per camera; not safe for concurrent use.

    Each image is handed to `follow` or to `update`, in order. Where a network is slower than the camera, images are
    followed; `keyframe`, taken after one of them, and `learn` bring its keypoints in when they are known.

    Attributes:
        options: The TrackerOptions in force; may be replaced between images, the kind of tracker excepted.
    """

    options: TrackerOptions

    def reset(self) -> None:
        """Forget every track; the epoch rises, and ids go on from where they were."""

    def interrupt(self) -> None:
        """Follow nothing into the next image, which comes too late or shows another place."""

    def follow(self, image: np.ndarray, mask: np.ndarray | None = None) -> Tracks:
        """Track the next image, whose keypoints are not known.

        Args:
            image: Image, uint8 (H, W), gray; one of another size than the last begins a new epoch.
            mask: uint8 (H, W), 0 where no track is wanted; None = everywhere.
        """

    def update(
        self, image: np.ndarray, features: Features, mask: np.ndarray | None = None
    ) -> tuple[Tracks, np.ndarray]:
        """Track the next image, whose keypoints are known.

        Args:
            image: Image, uint8 (H, W), gray.
            features: Its keypoints, those under the mask left out.
            mask: uint8 (H, W), 0 where no track is wanted; None = everywhere.

        Returns:
            The tracks, and the track id of each keypoint, int64 (N,), -1 where it has none.
        """

    def keyframe(self) -> Keyframe | None:
        """Return what `learn` needs to know of the newest image; None where it shows nothing."""

    def learn(self, keyframe: Keyframe, features: Features) -> np.ndarray:
        """Take in the keypoints of an image that was tracked before; what they begin is in the next image's tracks.

        Args:
            keyframe: What `keyframe` returned after that image.
            features: Its keypoints.

        Returns:
            Track id of each keypoint, int64 (N,), -1 where it has none.
        """


class DescriptorTracker:
    """Track by descriptors alone: images without keypoints have no tracks, and lose none.

    Args:
        options: Which matches continue a track.
    """

    def __init__(self, options: TrackerOptions) -> None:
        self._tracker = Tracker(options)

    @property
    def options(self) -> TrackerOptions:
        """Return the TrackerOptions in force."""
        return self._tracker.options

    @options.setter
    def options(self, options: TrackerOptions) -> None:
        self._tracker.options = options

    def reset(self) -> None:
        """Forget every track."""
        self._tracker.reset()

    def interrupt(self) -> None:
        """Change nothing: a track is found again wherever it is."""

    def follow(self, image: np.ndarray, mask: np.ndarray | None = None) -> Tracks:
        """Return no tracks."""
        self._tracker.skip_image()
        return Tracks.empty(self._tracker.epoch)

    def update(
        self, image: np.ndarray, features: Features, mask: np.ndarray | None = None
    ) -> tuple[Tracks, np.ndarray]:
        """Match the keypoints; row i of the tracks is keypoint i."""
        tracks = self._tracker.update(features)
        return tracks, tracks.id

    def keyframe(self) -> Keyframe | None:
        """Return None: keypoints are of use with their image alone."""
        return None

    def learn(self, keyframe: Keyframe, features: Features) -> np.ndarray:
        """Ignore keypoints that come late."""
        return np.full(len(features), -1, np.int64)


def make_tracker(options: TrackerOptions) -> ImageTracker:
    """Make the tracker that the options name.

    >>> type(make_tracker(TrackerOptions(tracker="hybrid"))).__name__
    'FlowTracker'
    """
    return DescriptorTracker(options) if options.tracker == "descriptor" else FlowTracker(options)

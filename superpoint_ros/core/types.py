"""The values that travel through the package.

Pixel convention, everywhere: x to the right, y down, in pixels of the image as received; integer coordinates
are pixel centers, so (0, 0) is the center of the top-left pixel. Resizing by s maps x to (x + 0.5) s - 0.5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Where the position of a track comes from, as in msg/Tracks.msg.
STATUS_NEW = 0
STATUS_TRACKED = 1
STATUS_FOLLOWED = 2
STATUS_CONFIRMED = 3


@dataclass(frozen=True)
class Features:
    """Hold the keypoints of one image, strongest first.

    >>> features = Features.empty((480, 640))
    >>> len(features), features.descriptors.shape
    (0, (0, 256))

    Attributes:
        xy: Keypoints, float32 (N, 2), pixels.
        score: Detector probability, float32 (N,), in [0, 1].
        descriptors: Descriptors, float32 (N, D), unit length per row.
        image_size: (height, width) of the image, pixels.
        sigma: Standard deviation of each coordinate, float32 (N,), pixels; None = unknown.
    """

    xy: np.ndarray
    score: np.ndarray
    descriptors: np.ndarray
    image_size: tuple[int, int]
    sigma: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.xy)

    def take(self, rows: np.ndarray) -> Features:
        """Return some of the keypoints, given as indices (M,) or as a mask (N,)."""
        sigma = None if self.sigma is None else self.sigma[rows]
        return Features(self.xy[rows], self.score[rows], self.descriptors[rows], self.image_size, sigma)

    @staticmethod
    def empty(image_size: tuple[int, int], descriptor_size: int = 256) -> Features:
        """Make the features of an image in which nothing was found."""
        return Features(
            xy=np.zeros((0, 2), np.float32),
            score=np.zeros(0, np.float32),
            descriptors=np.zeros((0, descriptor_size), np.float32),
            image_size=image_size,
        )


@dataclass(frozen=True)
class Matches:
    """Hold index pairs between two sets of descriptors.

    Attributes:
        index0: Rows of the first set, int64 (M,), ascending.
        index1: Rows of the second set, int64 (M,).
        distance: Euclidean descriptor distance, float32 (M,), in [0, 2].
    """

    index0: np.ndarray
    index1: np.ndarray
    distance: np.ndarray

    def __len__(self) -> int:
        return len(self.index0)


@dataclass(frozen=True)
class Tracks:
    """Hold the tracks of one image; from descriptors alone, row i belongs to row i of the image's Features.

    >>> from superpoint_ros import Tracker
    >>> tracks = Tracker().update(Features(np.float32([[10, 20]]), np.ones(1), np.float32([[1, 0]]), (480, 640)))
    >>> tracks.id.tolist(), tracks.age.tolist(), tracks.status.tolist()
    ([0], [1], [0])

    Attributes:
        epoch: Number that rises at every reset; ids of two epochs have nothing to do with each other.
        id: Track ids, int64 (N,), never reused within an epoch.
        age: Number of images in which the track has been seen, int32 (N,), this one included (1 = new).
        xy: Position in this image, float32 (N, 2), pixels.
        previous_xy: Position where the track was last seen, float32 (N, 2), pixels; NaN for new tracks.
        distance: Descriptor distance of this match, float32 (N,), in [0, 2]; NaN where new or followed by flow.
        mean_distance: Running mean of the track's match distances, float32 (N,); NaN where it was never matched.
        status: Where the position comes from, uint8 (N,): STATUS_NEW, a keypoint; STATUS_TRACKED, a keypoint of the
            same descriptor; STATUS_FOLLOWED, optical flow; STATUS_CONFIRMED, optical flow that a keypoint of the same
            descriptor agrees with.
        lost_id: Tracks given up at this image, int64 (M,), ascending.
        sigma: Standard deviation of each coordinate, float32 (N,), pixels; None = unknown.
    """

    epoch: int
    id: np.ndarray
    age: np.ndarray
    xy: np.ndarray
    previous_xy: np.ndarray
    distance: np.ndarray
    mean_distance: np.ndarray
    status: np.ndarray
    lost_id: np.ndarray
    sigma: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.id)

    @staticmethod
    def empty(epoch: int, lost_id: np.ndarray | None = None) -> Tracks:
        """Make the tracks of an image in which none was seen."""
        floats, points = np.zeros(0, np.float32), np.zeros((0, 2), np.float32)
        ids, ages, status = np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0, np.uint8)
        lost_id = ids if lost_id is None else lost_id
        return Tracks(epoch, ids, ages, points, points, floats, floats, status, lost_id, floats)


@dataclass(frozen=True)
class DenseDepth:
    """Hold depth for every pixel of an image, and its confidence.

    Attributes:
        depth: Depth along the optical axis, float32 (H, W), meters; NaN where there is none or it is not trusted.
        confidence: float32 (H, W) in [0, 1], the estimated probability that the depth, masked or not, is within
            10 % of the truth; 0 where nothing is known.
    """

    depth: np.ndarray
    confidence: np.ndarray

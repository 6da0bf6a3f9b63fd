"""The values that travel through the package.

Pixel convention, everywhere: x to the right, y down, in pixels of the image as received; integer coordinates
are pixel centres, so (0, 0) is the centre of the top-left pixel. Resizing by s maps x to (x + 0.5) s - 0.5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

STATUS_NEW = 0
STATUS_TRACKED = 1


@dataclass(frozen=True)
class Features:
    """Keypoints of one image, strongest first.

    Attributes:
        xy: float32 (N, 2), pixels.
        score: float32 (N,), detector probability in [0, 1].
        descriptors: float32 (N, D), unit length per row.
        image_size: (height, width) of the image, pixels.
    """

    xy: np.ndarray
    score: np.ndarray
    descriptors: np.ndarray
    image_size: tuple[int, int]

    def __len__(self) -> int:
        return len(self.xy)

    @staticmethod
    def empty(image_size: tuple[int, int], descriptor_size: int = 256) -> Features:
        """Features of an image in which nothing was found."""
        return Features(
            xy=np.zeros((0, 2), np.float32),
            score=np.zeros(0, np.float32),
            descriptors=np.zeros((0, descriptor_size), np.float32),
            image_size=image_size,
        )


@dataclass(frozen=True)
class Matches:
    """Index pairs between two sets of descriptors.

    Attributes:
        index0: int64 (M,), rows of the first set, ascending.
        index1: int64 (M,), rows of the second set.
        distance: float32 (M,), Euclidean descriptor distance in [0, 2].
    """

    index0: np.ndarray
    index1: np.ndarray
    distance: np.ndarray

    def __len__(self) -> int:
        return len(self.index0)


@dataclass(frozen=True)
class Tracks:
    """Correspondences of one image with the past; row i belongs to row i of the image's Features.

    Attributes:
        epoch: rises at every reset; ids of two epochs have nothing to do with each other.
        id: int64 (N,), never reused within an epoch.
        age: int32 (N,), number of images in which the track has been seen, this one included (1 = new).
        xy: float32 (N, 2), pixels, this image.
        previous_xy: float32 (N, 2), pixels, where the track was last seen; NaN for new tracks.
        distance: float32 (N,), descriptor distance of this match in [0, 2]; NaN for new tracks.
        mean_distance: float32 (N,), running mean of the track's match distances; NaN for new tracks.
        status: uint8 (N,), STATUS_NEW or STATUS_TRACKED.
        lost_id: int64 (M,), tracks given up at this image.
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

    def __len__(self) -> int:
        return len(self.id)


@dataclass(frozen=True)
class DenseDepth:
    """Depth for every pixel of an image, and how far to trust it.

    Attributes:
        depth: float32 (H, W), metres along the optical axis; NaN where there is none or it is not trusted.
        confidence: float32 (H, W) in [0, 1], the estimated probability that the depth, masked or not, is within
            10 % of the truth; 0 where nothing is known.
    """

    depth: np.ndarray
    confidence: np.ndarray

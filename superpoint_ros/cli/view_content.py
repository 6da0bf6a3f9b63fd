"""What a bag holds of each moment: images, tracks, keypoints, matches and depth that share a stamp."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from superpoint_ros.core.errors import ImageError, SourceError
from superpoint_ros.core.stamps import nanoseconds
from superpoint_ros.core.types import Tracks
from superpoint_ros.replay.bag_reader import BagMessage, BagReader
from superpoint_ros.replay.plan import COMPRESSED_IMAGE, IMAGE, is_depth, name_cameras
from superpoint_ros.replay.replay import DRAWINGS
from superpoint_ros.ros.messages.depth import depth_image_to_array
from superpoint_ros.ros.messages.errors import InputError
from superpoint_ros.ros.messages.features import message_to_tracks
from superpoint_ros.ros.messages.image_decoding import message_to_array
from superpoint_ros.ros.runtime.image_topics import COMPRESSED

FEATURES, TRACKS, MATCHES = (f"superpoint_ros/msg/{name}" for name in ("Features", "Tracks", "Matches"))
# An answer that comes after so many newer moments is too late to be shown with its image.
MAX_PENDING = 64


@dataclass
class Moment:
    """Hold what a bag has of one stamp.

    Attributes:
        stamp: Nanoseconds.
        content: Image (H, W, 3) BGR, Tracks, keypoints (N, 2), Matches message, or depth (H, W) [m], by topic.
        received: When each was recorded, nanoseconds, by topic.
    """

    stamp: int
    content: dict[str, Any] = field(default_factory=dict)
    received: dict[str, int] = field(default_factory=dict)


def keypoints(message: Any) -> np.ndarray:
    """Return the keypoints of a Features message, float32 (N, 2), pixels.

    Raises:
        InputError: Arrays of different lengths.
    """
    if len(message.x) != len(message.y):
        raise InputError("features", f"{len(message.x)} x and {len(message.y)} y; each keypoint has one of each")
    return np.stack([message.x, message.y], axis=1).astype(np.float32)


class BagContent:
    """Read the moments of a bag, in the order of their stamps.

    Args:
        reader: The open bag.

    Attributes:
        images: Topic of the images by the name of the camera.
        depths: Topics of depth and confidence.
        tracks: Topic of the tracks by the name of the camera.
        features: Topic of the keypoints by the name of the camera.
        matches: Topics of matches.
        problems: What was left out, and why.

    Raises:
        SourceError: There is nothing in the bag that can be shown.
    """

    def __init__(self, reader: BagReader):
        self._reader = reader
        self.problems: list[str] = []
        self.depths: list[str] = []
        self._read: dict[str, Callable[[Any], Any]] = {}
        self.matches = list(reader.topics([MATCHES]))
        self._read |= dict.fromkeys(self.matches, lambda message: message)
        self.images, self._frames = self._find_images()
        self.tracks = self._find_answers(TRACKS, message_to_tracks)
        self.features = self._find_answers(FEATURES, keypoints)
        if not self.images and not self.depths:
            raise reader.lacks("images")

    def _find_images(self) -> tuple[dict[str, str], dict[str, str]]:
        """Return the topic of each camera's images, and their frame; depth is noted by the way."""
        frames: dict[str, str] = {}
        raw_topics = self._reader.topics([IMAGE])
        for topic in self._reader.topics([IMAGE, COMPRESSED_IMAGE]):
            first = next(iter(self._reader.messages([topic])), None)
            if first is None or first.content is None:
                continue
            if not is_depth(first.content):
                frames[topic] = first.content.header.frame_id
            elif topic in raw_topics:
                self.depths.append(topic)
                self._read[topic] = depth_image_to_array
        raw = [topic for topic in frames if not topic.endswith(DRAWINGS)] or list(frames)
        bases = {topic.removesuffix(COMPRESSED): topic for topic in sorted(raw, reverse=True)}
        images = name_cameras(bases)
        self._read |= dict.fromkeys(images.values(), lambda message: message_to_array(message, "bgr8"))
        return images, {name: frames[topic] for name, topic in images.items()}

    def _find_answers(self, kind: str, read: Callable[[Any], Any]) -> dict[str, str]:
        """Return topics of a type by the camera whose images they are of: by its name, or else by their frame."""
        found: dict[str, str] = {}
        for topic in self._reader.topics([kind]):
            first = next(iter(self._reader.messages([topic])), None)
            if first is None or first.content is None:
                continue
            frame = first.content.header.frame_id
            cameras = [name for name in self.images if name == first.content.camera]
            cameras = cameras or [name for name in self.images if self._frames[name] == frame]
            cameras = cameras or (list(self.images) if len(self.images) == 1 else [])
            if len(cameras) == 1:
                found[cameras[0]] = topic
                self._read[topic] = read
            else:
                self.problems.append(f"{topic}: of which images it is, is not known; left out")
        return found

    def moments(self) -> Iterator[Moment]:
        """Yield the moments; one waits for its answers until MAX_PENDING newer ones have begun."""
        pending: dict[int, Moment] = {}
        try:
            for message in self._reader.messages(list(self._read)):
                self._take(message, pending)
                while pending and (len(pending) > MAX_PENDING or self._is_whole(pending[min(pending)])):
                    yield pending.pop(min(pending))
        except SourceError as error:
            self.problems.append(str(error))
        for stamp in sorted(pending):
            yield pending[stamp]

    def _is_whole(self, moment: Moment) -> bool:
        return len(moment.content) == len(self._read)

    def _take(self, message: BagMessage, pending: dict[int, Moment]) -> None:
        if message.content is None:
            self.problems.append(f"{message.topic}: {message.problem}; left out")
            return
        header = getattr(message.content, "header", None) or message.content.header0
        try:
            content = self._read[message.topic](message.content)
        except ImageError as error:
            self.problems.append(f"{message.topic}: {error}; left out")
            return
        stamp = nanoseconds(header.stamp)
        moment = pending.setdefault(stamp, Moment(stamp))
        moment.content[message.topic] = content
        moment.received[message.topic] = message.received


def matched_points(moment: Moment, content: BagContent, topic: str) -> tuple[str, str, np.ndarray, np.ndarray] | None:
    """Return the cameras and the points (M, 2), (M, 2) of the matches of a moment; None where not all is there."""
    message = moment.content.get(topic)
    if message is None or nanoseconds(message.header1.stamp) != moment.stamp:
        return None
    cameras = message.camera0, message.camera1
    if any(content.features.get(name) not in moment.content for name in cameras):
        return None
    if any(content.images.get(name) not in moment.content for name in cameras):
        return None
    first, second = (moment.content[content.features[name]] for name in cameras)
    rows = message.index0, message.index1
    if any(len(row) and row.max() >= len(xy) for row, xy in zip(rows, (first, second), strict=True)):
        return None
    return cameras[0], cameras[1], first[rows[0]], second[rows[1]]


def tracks_of(moment: Moment, content: BagContent, camera: str) -> Tracks | None:
    """Return the tracks of a camera at a moment; None where there are none."""
    tracks: Tracks | None = moment.content.get(content.tracks.get(camera, ""))
    return tracks

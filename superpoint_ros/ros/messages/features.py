"""Features, Tracks and Matches <-> this package's messages. Headers are passed on as they came.

Fields are filled from array.array: rclpy checks every element of anything else, NumPy arrays included.
"""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np
from builtin_interfaces.msg import Time
from std_msgs.msg import Header

from superpoint_ros.core.decode_options import MAX_KEYPOINTS
from superpoint_ros.core.types import Features, Matches, Tracks
from superpoint_ros.msg import Features as FeaturesMessage
from superpoint_ros.msg import Matches as MatchesMessage
from superpoint_ros.msg import Tracks as TracksMessage
from superpoint_ros.ros.messages.errors import InputError

DESCRIPTOR_DTYPES: dict[int, np.dtype] = {
    FeaturesMessage.DESCRIPTOR_FLOAT32: np.dtype("<f4"),
    FeaturesMessage.DESCRIPTOR_FLOAT16: np.dtype("<f2"),
    FeaturesMessage.DESCRIPTOR_INT8: np.dtype("i1"),
}
DESCRIPTOR_CODES = {dtype.name: code for code, dtype in DESCRIPTOR_DTYPES.items()}

TRACK_ARRAYS = ("id", "age", "status", "x", "y", "previous_x", "previous_y", "distance", "mean_distance")


def _array(code: str, values: np.ndarray) -> array[Any]:
    """Copy an array, once, into an array.array of the same type."""
    field = array(code)
    field.frombytes(np.ascontiguousarray(values).reshape(-1).view(np.uint8).data)
    return field


def _bytes(values: np.ndarray) -> array[int]:
    return _array("B", values)


def _floats(values: np.ndarray) -> array[float]:
    return _array("f", np.asarray(values, np.float32))


def _longs(values: np.ndarray) -> array[int]:
    return _array("q", np.asarray(values, np.int64))


def _unsigned(values: np.ndarray) -> array[int]:
    return _array("I", np.asarray(values, np.uint32))


def _stacked(x: array[float], y: array[float]) -> np.ndarray:
    return np.stack([np.frombuffer(x, np.float32), np.frombuffer(y, np.float32)], axis=1)


def _known(values: np.ndarray | None) -> array[float]:
    """Return values as a field holds them; empty where they are not known."""
    return array("f") if values is None else _floats(values)


def _optional(field: array[float], count: int) -> np.ndarray | None:
    """Return an optional field's values; None where it is empty and need not be."""
    return None if len(field) == 0 < count else np.frombuffer(field, np.float32)


def features_to_message(
    features: Features,
    header: Header,
    camera: str,
    track_id: np.ndarray | None = None,
    *,
    descriptor_type: str = "float32",
    **facts: Any,
) -> FeaturesMessage:
    """Convert Features to a message.

    Args:
        features: Keypoints of an image.
        header: Header of the image's message.
        camera: Name of the camera.
        track_id: Track of each keypoint, int64 (N,), -1 = none; None = no keypoint has one.
        descriptor_type: Type in which descriptors travel: "float32", "float16", or "int8" with one scale for all.
        facts: Further fields by name (rectified, model, weights_sha256).
    """
    height, width = features.image_size
    if track_id is None:
        track_id = np.full(len(features), -1, np.int64)
    code, scale, values = _encode_descriptors(features.descriptors, descriptor_type)
    return FeaturesMessage(
        header=header,
        camera=camera,
        height=height,
        width=width,
        x=_floats(features.xy[:, 0]),
        y=_floats(features.xy[:, 1]),
        score=_floats(features.score),
        sigma=_known(features.sigma),
        track_id=_longs(track_id),
        descriptor_size=features.descriptors.shape[1],
        descriptor_type=code,
        descriptor_scale=scale,
        descriptors=_bytes(values),
        **facts,
    )


def _encode_descriptors(descriptors: np.ndarray, name: str) -> tuple[int, float, np.ndarray]:
    """Return the message's code of a descriptor type, its scale, and the descriptors in it."""
    code = DESCRIPTOR_CODES[name]
    if name != "int8":
        return code, 1.0, descriptors.astype(DESCRIPTOR_DTYPES[code], copy=False)
    scale = float(np.float32(np.abs(descriptors).max(initial=0.0) / 127)) or 1.0
    return code, scale, np.rint(descriptors / scale).clip(-127, 127).astype(np.int8)


def message_to_features(message: FeaturesMessage) -> Features:
    """Convert a message to Features, descriptors as float32 whatever type they traveled in.

    Raises:
        InputError: Arrays of different lengths, an unknown descriptor type, keypoints without descriptors, more of them
            than a frontend sends, or values that are not finite.
    """
    dtype = _check(message)
    flat = np.frombuffer(message.descriptors, dtype).astype(np.float32) * np.float32(message.descriptor_scale)
    if not (np.isfinite(flat).all() and np.isfinite(_stacked(message.x, message.y)).all()):
        raise InputError("features", "descriptors or coordinates that are not finite")
    return Features(
        xy=_stacked(message.x, message.y),
        score=np.frombuffer(message.score, np.float32),
        descriptors=flat.reshape(len(message.x), message.descriptor_size),
        image_size=(message.height, message.width),
        sigma=_optional(message.sigma, len(message.x)),
    )


def _check(message: FeaturesMessage) -> np.dtype:
    """Return the type of the descriptors of a message that is whole."""
    count, dtype = len(message.x), DESCRIPTOR_DTYPES.get(message.descriptor_type)
    if dtype is None:
        raise InputError("descriptors", f"descriptor type {message.descriptor_type} is not one of 0, 1, 2")
    if not count == len(message.y) == len(message.score):
        lengths = f"{count} x, {len(message.y)} y and {len(message.score)} score"
        raise InputError("features", f"{lengths} values; each keypoint has one of each")
    if count > MAX_KEYPOINTS:
        raise InputError("features", f"{count} keypoints; at most {MAX_KEYPOINTS} are matched")
    if count and not message.descriptors:
        raise InputError("no descriptors", f"{count} keypoints without descriptors")
    if len(message.descriptors) != count * message.descriptor_size * dtype.itemsize:
        text = f"{len(message.descriptors)} bytes for {count} descriptors of {message.descriptor_size} {dtype} values"
        raise InputError("descriptors", text)
    return dtype


def check_comparable(left: FeaturesMessage, right: FeaturesMessage) -> None:
    """Check that the descriptors of two messages come from the same weights.

    Raises:
        InputError: They do not.
    """
    weights, sizes = (left.weights_sha256, right.weights_sha256), (left.descriptor_size, right.descriptor_size)
    if weights[0] != weights[1] or sizes[0] != sizes[1]:
        models = " and ".join(
            f"{message.model or 'unknown'} (sha256 {message.weights_sha256[:8] or 'none'}, "
            f"{message.descriptor_size} values)"
            for message in (left, right)
        )
        raise InputError("weights", f"descriptors of {models} cannot be compared; both need the same weights")


def matches_to_message(matches: Matches, message0: FeaturesMessage, message1: FeaturesMessage) -> MatchesMessage:
    """Convert matches of two messages' features to a message, with the track ids of both where they have any."""
    return MatchesMessage(
        header0=message0.header,
        header1=message1.header,
        camera0=message0.camera,
        camera1=message1.camera,
        index0=_unsigned(matches.index0),
        index1=_unsigned(matches.index1),
        distance=_floats(matches.distance),
        track_id0=_longs(_track_ids(message0)[matches.index0]),
        track_id1=_longs(_track_ids(message1)[matches.index1]),
    )


def _track_ids(message: FeaturesMessage) -> np.ndarray:
    tracked = len(message.track_id) == len(message.x)
    return np.frombuffer(message.track_id, np.int64) if tracked else np.full(len(message.x), -1, np.int64)


def tracks_to_message(
    tracks: Tracks,
    header: Header,
    camera: str,
    previous_stamp: Time,
    normalized: np.ndarray | None = None,
    velocity: np.ndarray | None = None,
) -> TracksMessage:
    """Convert Tracks to a message; normalized (N, 2) and velocity (N, 2) [1/s] are empty where unknown."""
    unknown = np.zeros((0, 2), np.float32)
    normalized = unknown if normalized is None else normalized
    velocity = unknown if velocity is None else velocity
    return TracksMessage(
        header=header,
        camera=camera,
        epoch=tracks.epoch,
        previous_stamp=previous_stamp,
        id=_longs(tracks.id),
        age=_array("i", np.asarray(tracks.age, np.int32)),
        status=_bytes(np.asarray(tracks.status, np.uint8)),
        x=_floats(tracks.xy[:, 0]),
        y=_floats(tracks.xy[:, 1]),
        previous_x=_floats(tracks.previous_xy[:, 0]),
        previous_y=_floats(tracks.previous_xy[:, 1]),
        sigma=_known(tracks.sigma),
        distance=_floats(tracks.distance),
        mean_distance=_floats(tracks.mean_distance),
        normalized_x=_floats(normalized[:, 0]),
        normalized_y=_floats(normalized[:, 1]),
        velocity_x=_floats(velocity[:, 0]),
        velocity_y=_floats(velocity[:, 1]),
        lost_id=_longs(tracks.lost_id),
    )


def message_to_tracks(message: TracksMessage) -> Tracks:
    """Convert a message to Tracks.

    Raises:
        InputError: Arrays of different lengths.
    """
    lengths = {name: len(getattr(message, name)) for name in TRACK_ARRAYS}
    if len(set(lengths.values())) > 1:
        text = ", ".join(f"{length} {name}" for name, length in lengths.items())
        raise InputError("tracks", f"{text} values; each keypoint has one of each")
    return Tracks(
        epoch=message.epoch,
        id=np.frombuffer(message.id, np.int64),
        age=np.frombuffer(message.age, np.int32),
        xy=_stacked(message.x, message.y),
        previous_xy=_stacked(message.previous_x, message.previous_y),
        distance=np.frombuffer(message.distance, np.float32),
        mean_distance=np.frombuffer(message.mean_distance, np.float32),
        status=np.frombuffer(message.status, np.uint8),
        lost_id=np.frombuffer(message.lost_id, np.int64),
        sigma=_optional(message.sigma, len(message.x)),
    )

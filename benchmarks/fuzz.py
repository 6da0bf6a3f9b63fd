"""Random messages against everything that reads messages: nothing but a named error may come of them.

Each case is a small valid message, serialized, with a few bytes changed, cut off or inserted; it is deserialized and
converted as the nodes do. Whatever is raised beside the package's own errors is printed with the seed that repeats it,
and the exit status is 1.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import traceback
from array import array
from collections import Counter
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, PointCloud2, PointField

from superpoint_ros.core.errors import SuperPointRosError
from superpoint_ros.core.tracker import Tracker
from superpoint_ros.core.types import Features
from superpoint_ros.msg import Features as FeaturesMessage
from superpoint_ros.msg import Tracks as TracksMessage
from superpoint_ros.ros.bridges import track_cloud, vins_fusion, vins_mono
from superpoint_ros.ros.messages.camera_info import camera_of_image
from superpoint_ros.ros.messages.depth import array_to_depth_image, depth_image_to_array, point_cloud_to_array
from superpoint_ros.ros.messages.features import (
    features_to_message,
    message_to_features,
    message_to_tracks,
    tracks_to_message,
)
from superpoint_ros.ros.messages.image_decoding import ALIASES, LAYOUTS, message_to_array

SHOWN = 5
MAX_PIXELS = 100_000
ENCODINGS = [*LAYOUTS, *ALIASES]


def image(rng: np.random.Generator) -> Image:
    step = int(rng.integers(8, 40))
    encoding = ENCODINGS[rng.integers(len(ENCODINGS))]
    return Image(height=4, width=4, encoding=encoding, step=step, data=array("B", rng.bytes(6 * step)))


def depth(rng: np.random.Generator) -> Image:
    return Image(height=3, width=4, encoding="32FC1", step=16, data=array("B", rng.bytes(48)))


def compressed(rng: np.random.Generator) -> CompressedImage:
    suffix = (".png", ".jpg", ".bmp", ".webp", ".tiff", ".ppm")[rng.integers(6)]
    encoded = cv2.imencode(suffix, rng.integers(0, 256, (6, 8, 3), np.uint8))[1]
    return CompressedImage(format=suffix[1:], data=array("B", encoded.tobytes()))


def cloud(rng: np.random.Generator) -> PointCloud2:
    fields = [PointField(name=n, offset=4 * i, datatype=PointField.FLOAT32, count=1) for i, n in enumerate("xyz")]
    data = array("B", rng.bytes(12 * 5))
    return PointCloud2(height=1, width=5, fields=fields, point_step=12, row_step=60, data=data)


def camera_info(rng: np.random.Generator) -> CameraInfo:
    model = ("plumb_bob", "rational_polynomial", "equidistant")[rng.integers(3)]
    K = [50.0, 0, 31.5, 0, 50, 23.5, 0, 0, 1]
    d = rng.normal(0, 0.1, (5, 8, 4)[rng.integers(3)]).tolist()
    return CameraInfo(height=48, width=64, k=K, p=[*K[:3], 0, *K[3:6], 0, *K[6:], 0], d=d, distortion_model=model)


def features(rng: np.random.Generator) -> FeaturesMessage:
    xy = rng.uniform(0, 60, (3, 2)).astype(np.float32)
    found = Features(xy, np.ones(3, np.float32), rng.normal(size=(3, 4)).astype(np.float32), (48, 64))
    return features_to_message(found, Image().header, "left")


def tracks(rng: np.random.Generator) -> TracksMessage:
    found = Features(np.ones((2, 2), np.float32), np.ones(2), np.eye(2, dtype=np.float32), (48, 64))
    return tracks_to_message(Tracker().update(found), Image().header, "left", Image().header.stamp)


def calibrated_tracks(rng: np.random.Generator) -> TracksMessage:
    message = tracks(rng)
    for name in ("normalized_x", "normalized_y", "velocity_x", "velocity_y"):
        setattr(message, name, array("f", rng.normal(size=2).astype(np.float32)))
    return message


def place(message: TracksMessage) -> None:
    pixels = np.full((48, 64), 2.0, np.float32)
    track_cloud.tracks_to_point_cloud(message, array_to_depth_image(pixels, Image().header), max_pixels=MAX_PIXELS)


def normalize_with(message: CameraInfo) -> None:
    camera_of_image(message, (48, 64), rectified=False, topic="info")[0].normalize(np.array([[1.0, 2.0], [63.0, 47.0]]))


# What a message is made of, its type, and what reads it.
CASES: dict[str, tuple[Callable[[np.random.Generator], Any], type, Callable[[Any], object]]] = {
    "image": (image, Image, lambda message: message_to_array(message, "mono8", max_pixels=MAX_PIXELS)),
    "color image": (image, Image, lambda message: message_to_array(message, "bgr8", max_pixels=MAX_PIXELS)),
    "depth": (depth, Image, lambda message: depth_image_to_array(message, max_pixels=MAX_PIXELS)),
    "compressed": (
        compressed, CompressedImage, lambda message: message_to_array(message, "mono8", max_pixels=MAX_PIXELS)
    ),
    "cloud": (cloud, PointCloud2, lambda message: point_cloud_to_array(message, max_points=10_000)),
    "camera info": (camera_info, CameraInfo, normalize_with),
    "features": (features, FeaturesMessage, message_to_features),
    "tracks": (tracks, TracksMessage, message_to_tracks),
    "tracks for VINS-Mono": (calibrated_tracks, TracksMessage, vins_mono.tracks_to_point_cloud),
    "tracks for VINS-Fusion": (calibrated_tracks, TracksMessage, vins_fusion.tracks_to_point_cloud),
    "tracks with depth": (calibrated_tracks, TracksMessage, place),
}  # fmt: skip


def damage(data: bytes, rng: np.random.Generator) -> bytes:
    """Change a few bytes, and now and then cut some off or put some in; the header of four bytes stays."""
    changed = bytearray(data)
    for place in rng.integers(4, len(changed), rng.integers(0, 5)):
        changed[place] = int(rng.integers(256))
    kind, place = rng.integers(8), int(rng.integers(4, len(changed)))
    if kind == 0:
        return bytes(changed[:place])
    return (
        bytes(changed[:place] + rng.bytes(int(rng.integers(1, 9))) + changed[place:]) if kind == 1 else bytes(changed)
    )


def run_case(name: str, seed: int) -> str:
    """Return what became of one case: "converted", "refused" by a named error, or "not deserialized"."""
    make, kind, read = CASES[name]
    rng = np.random.default_rng(seed)
    data = damage(serialize_message(make(rng)), rng)
    try:
        message: Any = deserialize_message(data, kind)
    except Exception:  # the middleware raises what it likes on damaged bytes, and drops such messages itself
        return "not deserialized"
    try:
        read(message)
    except SuperPointRosError:
        return "refused"
    return "converted"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1_000_000, help="number of messages (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the first; the others follow (%(default)s)")
    arguments = parser.parse_args()
    names, outcomes, failures = list(CASES), Counter[str](), 0
    # OpenCV and the middleware speak of each damaged message.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    start = time.monotonic()
    for seed in range(arguments.seed, arguments.seed + arguments.count):
        name = names[seed % len(names)]
        try:
            outcomes[run_case(name, seed)] += 1
        except Exception:
            failures += 1
            if failures <= SHOWN:
                print(f"{name}, --seed {seed} --count 1:\n{traceback.format_exc()}")
    seconds = time.monotonic() - start
    counts = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
    print(f"{arguments.count} messages in {seconds:.0f} s: {counts}, {failures} failed")
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main())

"""Which nodes a bag has the inputs of, and their parameters: those of a file, completed by what the bag holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from superpoint_ros.replay.bag_reader import BagReader
from superpoint_ros.replay.node_parameters import Values, read_node_parameters
from superpoint_ros.replay.offline_node import resolve_in_root
from superpoint_ros.ros.messages.image_decoding import is_depth_format
from superpoint_ros.ros.runtime.image_topics import COMPRESSED, camera_info_topic, image_topic
from superpoint_ros.ros.runtime.options import camera_info_beside

IMAGE, COMPRESSED_IMAGE = "sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage"
CAMERA_INFO = "sensor_msgs/msg/CameraInfo"

Found = TypeVar("Found")


@dataclass(frozen=True)
class Camera:
    """Hold the topics of a camera.

    Attributes:
        topic: Topic of its images.
        transport: "raw" or "compressed".
        info_topic: Topic of its calibration, whether or not anything is on it.
    """

    topic: str
    transport: str
    info_topic: str


def plan_nodes(reader: BagReader, parameter_file: Path | None = None, topic: str | None = None) -> dict[str, Values]:
    """Return the parameters of each node that is to run, by its name; the frontend always is.

    Cameras that the file does not name are found: all topics of images, other than depth, with a CameraInfo beside
    them; where there is none of those, all topics of images. Triangulation runs on a pair whose baseline is known by
    the file or by the calibrations, the densifier on its sparse depth, or where there is one camera and one depth.

    Args:
        reader: The open bag.
        parameter_file: Parameters of the nodes, as ROS reads them; None = defaults.
        topic: Topic of the images of the only camera that is wanted; None = all cameras.

    Raises:
        ParameterError: The file cannot be read, or sets what no node has.
        SourceError: There are no images, or none on the topic.
    """
    given = read_node_parameters(parameter_file)
    depths, cameras = find_images(reader, topic)
    frontend = given["frontend"]
    if topic is not None:
        frontend = {name: value for name, value in frontend.items() if not name.startswith("cameras.")}
    if not any(name.startswith("cameras.") for name in frontend):
        if not cameras:
            raise reader.lacks("images")
        frontend |= camera_values(cameras)
    cameras = {name: find_camera(name, frontend) for name in frontend.get("cameras.names", ["camera"])}
    plan = {"frontend": frontend}
    if (pair := stereo_pair(reader, cameras, given["triangulate"])) is not None:
        plan["triangulate"] = pair | given["triangulate"]
    dense = _densified(cameras, depths, plan.get("triangulate"))
    if dense is not None or "sparse_topic" in given["densify"]:
        plan["densify"] = (dense or {}) | given["densify"]
    return plan


def find_images(reader: BagReader, wanted: str | None = None) -> tuple[list[str], dict[str, Camera]]:
    """Find the topics of depth, and the cameras by name; of these the wanted one alone, where one is named.

    Compressed depth is neither.

    Raises:
        SourceError: There are no images on the wanted topic.
    """
    infos = reader.topics([CAMERA_INFO])
    depths: list[str] = []
    found: dict[str, Camera] = {}
    for kind, transport in ((IMAGE, "raw"), (COMPRESSED_IMAGE, "compressed")):
        for topic in reader.topics([kind]):
            first = next(iter(reader.messages([topic])), None)
            if not is_depth(first and first.content):
                found.setdefault(topic.removesuffix(COMPRESSED), Camera(topic, transport, camera_info_beside(topic)))
            elif transport == "raw":
                depths.append(topic)
    if wanted is not None:
        topics = [camera.topic for camera in found.values()]
        found = {base: camera for base, camera in found.items() if camera.topic == wanted}
        if not found:
            raise reader.lacks(f"image topic {wanted}", topics or None)
    calibrated = {base: camera for base, camera in found.items() if camera.info_topic in infos}
    return depths, name_cameras(calibrated or found)


def is_depth(message: Any) -> bool:
    """Tell whether an Image or a CompressedImage is of depth; False also of None."""
    return is_depth_format(getattr(message, "encoding", getattr(message, "format", "")))


def name_cameras(found: Mapping[str, Found]) -> dict[str, Found]:
    """Name cameras after their topics: "/cam0/image_raw" is cam0, "/front/color/image_raw" front_color.

    >>> list(name_cameras({"/cam0/image_raw": None, "/front/color/image": None, "/image": None}))
    ['cam0', 'front_color', 'camera']
    """
    named: dict[str, Found] = {}
    for base, camera in found.items():
        name = "_".join(base.strip("/").split("/")[:-1]) or "camera"
        name = name if name[0].isalpha() and name != "names" else f"camera_{name}"
        number = next(index for index in range(len(found)) if (f"{name}_{index}" if index else name) not in named)
        named[f"{name}_{number}" if number else name] = camera
    return named


def camera_values(cameras: Mapping[str, Camera]) -> Values:
    """Return the frontend's parameters of cameras."""
    values: Values = {"cameras.names": list(cameras)} if cameras else {}
    for name, camera in cameras.items():
        values |= {f"cameras.{name}.topic": camera.topic, f"cameras.{name}.transport": camera.transport}
    return values


def find_camera(name: str, values: Mapping[str, Any]) -> Camera:
    """Return the topics of a camera of the frontend's parameters."""
    resolve = partial(resolve_in_root, node="frontend")
    transport = values.get(f"cameras.{name}.transport", "raw")
    topic = image_topic(resolve, values.get(f"cameras.{name}.topic", ""), name, transport)
    info_topic = camera_info_topic(resolve, values.get(f"cameras.{name}.camera_info_topic", ""), topic)
    return Camera(topic, transport, info_topic)


def stereo_pair(reader: BagReader, cameras: Mapping[str, Camera], given: Mapping[str, Any]) -> Values | None:
    """Return the topics of triangulation; None where there is no pair, or nothing tells its baseline."""
    names = ["left", "right"] if {"left", "right"} <= set(cameras) else sorted(cameras)
    if "left_features" in given and "right_features" in given:
        return {}
    if len(names) != 2:
        return None
    shifts = [_baseline(reader, cameras[name].info_topic) for name in names]
    if None in shifts or (not any(shifts) and "T_left_right" not in given):
        return None
    if shifts[0] and not shifts[1]:
        names.reverse()
    values: Values = {}
    for side, name in zip(("left", "right"), names, strict=True):
        values |= {f"{side}_features": f"/frontend/{name}/features", f"{side}_camera_info": cameras[name].info_topic}
    return values


def _baseline(reader: BagReader, topic: str) -> float | None:
    """Return P[3] of a calibration, -fx * baseline for the right one of a pair; None = there is none."""
    first = next(iter(reader.messages([topic])), None)
    if first is None or first.content is None:
        return None
    projection = getattr(first.content, "p", getattr(first.content, "P", None))
    return None if projection is None else float(np.ravel(projection)[3])


def _densified(cameras: Mapping[str, Camera], depths: list[str], pair: Values | None) -> Values | None:
    if pair is not None:
        left = next((one for name, one in cameras.items() if f"/{name}/" in pair.get("left_features", "")), None)
        sparse_topic = "/triangulate/sparse_depth"
    else:
        left = next(iter(cameras.values())) if len(cameras) == len(depths) == 1 else None
        sparse_topic = depths[0] if depths else ""
    if left is None:
        return None
    return {
        "image_topic": left.topic, "transport": left.transport, "camera_info_topic": left.info_topic,
        "sparse_topic": sparse_topic,
    }  # fmt: skip

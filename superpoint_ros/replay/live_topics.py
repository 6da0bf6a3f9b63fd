"""The topics of nodes with given parameters: what they listen to in a bag, and what they publish."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from sensor_msgs.msg import CameraInfo, Image

from superpoint_ros.msg import Features, Matches, Tracks
from superpoint_ros.replay.live_replay import LiveInput
from superpoint_ros.replay.offline_node import resolve_in_root
from superpoint_ros.replay.plan import Values, find_camera
from superpoint_ros.ros.densify.parameters import SCHEMA as DENSIFY
from superpoint_ros.ros.densify.sparse_depth_reader import SPARSE_TYPES
from superpoint_ros.ros.frontend.parameters import SCHEMA as FRONTEND
from superpoint_ros.ros.messages.images import IMAGE_TYPES
from superpoint_ros.ros.runtime.image_topics import camera_info_topic, image_topic
from superpoint_ros.ros.triangulate.parameters import SCHEMA as TRIANGULATE

PAIR_OUTPUTS: dict[str, dict[str, type]] = {
    "triangulate": {"matches": Matches, "sparse_depth": Image, "camera_info": CameraInfo},
    "densify": {"depth": Image, "confidence": Image, "camera_info": CameraInfo},
}


class LiveTopics:
    """Collect the topics of the nodes of a plan.

    Args:
        plan: Parameters of each node, by its name.

    Attributes:
        inputs: What the nodes listen to, and none of them publishes, by topic.
        outputs: Type of what they publish, by topic; drawings and point clouds are left out.
        images: Topic of the images of each camera of the frontend, by its name.

    Raises:
        ParameterError: A parameter that is not allowed.
    """

    def __init__(self, plan: Mapping[str, Values]):
        self.inputs: dict[str, LiveInput] = {}
        self.outputs: dict[str, type] = {}
        self.images: dict[str, str] = {}
        self._add_frontend(plan["frontend"])
        if "triangulate" in plan:
            self._add_triangulate(plan["triangulate"])
        if "densify" in plan:
            self._add_densify(plan["densify"])

    def _listen(self, topic: str, kind: type, answers: tuple[str, ...] = ()) -> None:
        if topic in self.outputs:
            return
        known = self.inputs.setdefault(topic, LiveInput(kind, 0))
        self.inputs[topic] = replace(known, listeners=known.listeners + 1, answers=known.answers + answers)

    def _publish(self, node: str) -> None:
        self.outputs |= {f"/{node}/{name}": kind for name, kind in PAIR_OUTPUTS[node].items()}

    def _add_frontend(self, values: Values) -> None:
        for name, parameters in FRONTEND.parse(values).cameras.items():
            camera = find_camera(name, values)
            tracks = f"/frontend/{name}/tracks"
            self.images[name] = camera.topic
            self.outputs |= {f"/frontend/{name}/features": Features, tracks: Tracks}
            self._listen(camera.topic, IMAGE_TYPES[camera.transport], (tracks,))
            self._listen(camera.info_topic, CameraInfo)
            if parameters.mask_topic:
                self._listen(resolve_in_root(parameters.mask_topic, "frontend"), Image)

    def _add_triangulate(self, values: Values) -> None:
        parameters = TRIANGULATE.parse(values)
        for topic in (parameters.left_features, parameters.right_features):
            self._listen(resolve_in_root(topic, "triangulate"), Features)
        for topic in parameters.camera_info_topics:
            self._listen(resolve_in_root(topic, "triangulate"), CameraInfo)
        self._publish("triangulate")

    def _add_densify(self, values: Values) -> None:
        parameters, resolve = DENSIFY.parse(values), partial(resolve_in_root, node="densify")
        topic = image_topic(resolve, parameters.image_topic, "camera", parameters.transport)
        self._listen(topic, IMAGE_TYPES[parameters.transport])
        self._listen(camera_info_topic(resolve, parameters.camera_info_topic, topic), CameraInfo)
        self._listen(resolve(parameters.sparse_topic), SPARSE_TYPES[parameters.source])
        self._publish("densify")

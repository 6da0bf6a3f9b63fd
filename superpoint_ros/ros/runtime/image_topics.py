"""Names of a camera's topics: the transport's and the calibration's follow from the image topic as it is resolved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from superpoint_ros.core.errors import ParameterError
from superpoint_ros.ros.runtime.options import Transport, camera_info_beside

COMPRESSED = "/compressed"


class ResolvesNames(Protocol):
    """Describe a node whose topics may be remapped."""

    def resolve_topic(self, topic: str) -> str:
        """Return a topic's full name, remapped."""
        ...

    def expand_topic(self, topic: str) -> str:
        """Return a topic's full name before it is remapped."""
        ...


@dataclass(frozen=True)
class CameraTopics:
    """Hold the names that a camera's topics are subscribed to by; each is still to be resolved, once.

    Attributes:
        image: Topic of the images.
        camera_info: Topic of the calibration.
    """

    image: str
    camera_info: str


def camera_topics(
    node: ResolvesNames, camera: str, transport: Transport, image: str, camera_info: str = ""
) -> CameraTopics:
    """Name the topics of a camera.

    As in image_transport, the transport's topic lies below the image topic and the calibration beside it, and it is
    the image topic that is remapped; a remapping of the transport's or the calibration's own name goes before that.

    Args:
        node: Applies namespace and remappings to names.
        camera: Name of the camera.
        transport: "raw" or "compressed".
        image: Topic of the images as the user gives it; "" = <camera>/image_raw, below it /compressed where that is
            the transport.
        camera_info: Topic of the calibration as the user gives it; "" = camera_info beside the images.

    Raises:
        ParameterError: It is no name of a topic, or the remappings leave open which topic is meant.
    """
    image = image or _default_topic(camera, transport)
    base = image.removesuffix(COMPRESSED)
    name = image if base == image else _following(node, image, node.resolve_topic(base) + COMPRESSED)
    beside = camera_info_beside(node.resolve_topic(name))
    return CameraTopics(name, camera_info or _following(node, camera_info_beside(image), beside))


def _following(node: ResolvesNames, own: str, following: str) -> str:
    """Return the name that a topic is subscribed to by.

    Args:
        node: Applies namespace and remappings to names.
        own: Name of the topic before anything is remapped.
        following: Name that it has by the remapping of the image topic.
    """
    if node.resolve_topic(own) != node.expand_topic(own):
        return own
    if (further := node.resolve_topic(following)) != following:
        raise ParameterError(
            f"'{own}' becomes '{following}' as the image topic is remapped, and that is remapped to '{further}': "
            f"remap '{own}' to the one that is meant"
        )
    return following


def image_topic(resolve: Callable[[str], str], topic: str, camera: str, transport: Transport) -> str:
    """Return the resolved topic of a camera's images, where nothing is remapped."""
    return resolve(topic or _default_topic(camera, transport))


def camera_info_topic(resolve: Callable[[str], str], topic: str, resolved_image_topic: str) -> str:
    """Return the resolved topic of a camera's calibration, where nothing is remapped."""
    return resolve(topic or camera_info_beside(resolved_image_topic))


def _default_topic(camera: str, transport: Transport) -> str:
    return f"{camera}/image_raw" + (COMPRESSED if transport == "compressed" else "")

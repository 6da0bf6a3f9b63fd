"""Names of a camera's topics: the transport's and the calibration's follow from the image topic as it is resolved."""

from __future__ import annotations

from collections.abc import Callable

from superpoint_ros.ros.runtime.options import Transport, camera_info_beside

COMPRESSED = "/compressed"


def image_topic(resolve: Callable[[str], str], topic: str, camera: str, transport: Transport) -> str:
    """Return the topic of a camera's images, with namespace and remapping applied.

    As in image_transport, the transport's topic lies below the image topic, and it is the image topic that is remapped.

    Args:
        resolve: Applies namespace and remappings to a name.
        topic: Name of the topic as the user gives it; "" = <camera>/image_raw, below it /compressed where that is the
            transport.
        camera: Name of the camera.
        transport: "raw" or "compressed".
    """
    if not topic:
        topic = f"{camera}/image_raw" + (COMPRESSED if transport == "compressed" else "")
    base = topic.removesuffix(COMPRESSED)
    return resolve(base) + topic[len(base) :]


def camera_info_topic(resolve: Callable[[str], str], topic: str, resolved_image_topic: str) -> str:
    """Return the resolved topic of a camera's calibration: as given, or camera_info beside the image topic."""
    return resolve(topic or camera_info_beside(resolved_image_topic))

"""A densify node in its own process with everything connected to it, and small inputs for it."""

from __future__ import annotations

from array import array
from collections.abc import Callable

import numpy as np
from helpers.ros_probe import NodeProcess, Probe, header, texture
from sensor_msgs.msg import CameraInfo, Image, PointCloud2, PointField
from std_msgs.msg import Header

from superpoint_ros.ros.messages.depth import array_to_depth_image
from superpoint_ros.ros.messages.images import array_to_image

SIZE = (48, 64)
MATRIX = np.array([[50.0, 0, 31.5], [0, 50.0, 23.5], [0, 0, 1]])
PROJECTION = np.array([[100.0, 0, 63.5, 0], [0, 100.0, 47.5, 0], [0, 0, 1, 0]])
INFO = CameraInfo(height=96, width=128, k=PROJECTION[:, :3].ravel(), p=PROJECTION.ravel())  # of twice SIZE


def sparse_depth(seed: int) -> np.ndarray:
    """40 samples of 1 to 4 m, the rest NaN."""
    rng = np.random.default_rng(seed)
    sparse = np.full(SIZE, np.nan, np.float32)
    sparse.ravel()[rng.choice(sparse.size, 40, replace=False)] = rng.uniform(1, 4, 40)
    return sparse


def color_image(seed: int) -> np.ndarray:
    return np.dstack([texture(seed + channel, SIZE) for channel in range(3)])


def cloud(columns: np.ndarray, stamp: Header, names: str = "xyz") -> PointCloud2:
    """A PointCloud2 of float32 fields with one-letter names."""
    fields = [PointField(name=n, offset=4 * i, datatype=PointField.FLOAT32, count=1) for i, n in enumerate(names)]
    data, step = array("B", columns.astype("<f4").tobytes()), 4 * len(names)
    width = len(columns)
    return PointCloud2(
        header=stamp, height=1, width=width, fields=fields, point_step=step, row_step=step * width, data=data
    )


def seen_points(sparse: np.ndarray) -> np.ndarray:
    """u, v, x, y, z of the samples, (N, 5), as the camera of MATRIX sees them."""
    row, column = np.nonzero(np.isfinite(sparse))
    depth = sparse[row, column]
    return np.column_stack([column, row, (column - 31.5) / 50 * depth, (row - 23.5) / 50 * depth, depth])


class Densify:
    """A node with publishers to its inputs and collectors of its outputs.

    Args:
        start: name and parameters -> the node's process.
        name: of the node; its topics are below /<name>_input.
        parameters: beside weights, policy=every_frame and the topics.
    """

    def __init__(
        self,
        probe: Probe,
        start: Callable[..., NodeProcess],
        name: str,
        sparse_type: type = Image,
        image_type: type = Image,
        **parameters: object,
    ):
        self.node, self.probe = start(name, **parameters), probe
        self.image = probe.publisher(image_type, f"/{name}_input/image")
        self.sparse = probe.publisher(sparse_type, f"/{name}_input/sparse")
        self.info = probe.publisher(CameraInfo, f"/{name}_input/camera_info")
        self.depth = probe.collect(Image, f"/{name}/depth")
        self.confidence = probe.collect(Image, f"/{name}/confidence")
        self.infos = probe.collect(CameraInfo, f"/{name}/camera_info")
        self.reports = probe.collect_reports(name)

    def send(self, stamp: int, sparse: np.ndarray | Image | PointCloud2, seed: int = 0) -> None:
        """An image with its sparse depth, float32 meters or a message, at a stamp in milliseconds."""
        message = array_to_depth_image(sparse, header(stamp)) if isinstance(sparse, np.ndarray) else sparse
        self.sparse.publish(message)
        self.image.publish(array_to_image(color_image(seed), header(stamp)))

    def wait_for(self, count: int) -> None:
        self.probe.spin_until(lambda: len(self.depth) >= count and len(self.confidence) >= count, f"{count} depths")

    def wait_for_report(self, key: str, value: str, name: str = "image") -> None:
        self.probe.spin_until(
            lambda: self.probe.statistics(self.reports, name).get(key) == value, f"{key} {value}: {self.node.log()}"
        )

    def wait_for_words(self, words: str) -> None:
        """Until the node has logged them."""
        self.probe.spin_until(lambda: words in self.node.log(), f"'{words}' in {self.node.log()}")

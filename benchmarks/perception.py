"""How near to the truth the depth is that two cameras give: rendered pairs through a chain of nodes that is running.

ros2 launch superpoint_ros perception.launch.py rectified:=true policy:=every_frame
python -P benchmarks/perception.py --pairs 6 --size 480x640
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

import numpy as np
import rclpy
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image
from tqdm import tqdm

from superpoint_ros.ros.messages.depth import depth_image_to_array
from superpoint_ros.ros.messages.images import array_to_image
from superpoint_ros.scenes.stereo_pair import StereoPair, room_pair

SIDES = ("left", "right")
OUTPUTS = {"sparse": "/triangulate/sparse_depth", "dense": "/densify/depth"}


class Player(Node):
    """Plays one pair at a time and waits for its sparse and dense depth."""

    def __init__(self) -> None:
        super().__init__("perception_benchmark")
        self._images = [self.create_publisher(Image, f"/{side}/image_raw", 10) for side in SIDES]
        self._infos = [self.create_publisher(CameraInfo, f"/{side}/camera_info", 10) for side in SIDES]
        self._received: dict[str, Image] = {}
        for name, topic in OUTPUTS.items():
            self.create_subscription(Image, topic, lambda message, name=name: self._keep(name, message), 10)

    def _keep(self, name: str, message: Image) -> None:
        self._received[name] = message

    def connect(self) -> None:
        """Waits for the nodes: three listen to the left calibration, two to the left images."""
        while self._infos[0].get_subscription_count() < 3 or self._images[0].get_subscription_count() < 2:
            rclpy.spin_once(self, timeout_sec=0.1)
        while not all(self.count_publishers(topic) for topic in OUTPUTS.values()):
            rclpy.spin_once(self, timeout_sec=0.1)

    def play(self, pair: StereoPair, stamp: int) -> dict[str, np.ndarray]:
        """The pair's depth images [m]."""
        self._received.clear()
        height, width = pair.depth.shape
        for publisher, projection in zip(self._infos, pair.projections(), strict=True):
            matrix = pair.K.ravel()
            publisher.publish(CameraInfo(height=height, width=width, k=matrix, p=projection.ravel()))
        self._spin_for(10)
        for publisher, rgb in zip(self._images, (pair.left, pair.right), strict=True):
            message = array_to_image(np.ascontiguousarray(rgb[..., ::-1]), Image().header)
            message.header.stamp.sec = stamp
            publisher.publish(message)
        while not all(name in self._received and self._received[name].header.stamp.sec == stamp for name in OUTPUTS):
            rclpy.spin_once(self, timeout_sec=0.1)
        return {name: depth_image_to_array(self._received[name]) for name in OUTPUTS}

    def _spin_for(self, times: int) -> None:
        for _ in range(times):
            rclpy.spin_once(self, timeout_sec=0.1)


def row(name: Any, kind: str, count: float, median: float, share: float) -> str:
    return (
        f"{name:>5} {kind:6} {count:9.0f} depths, median error {100 * median:5.2f} %, within 10 % {100 * share:5.1f} %"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=6, help="rendered rooms, of seeds 0, 1, ... (default 6)")
    parser.add_argument("--size", default="480x640", help="of the images, height x width (default 480x640)")
    arguments = parser.parse_args()
    height, width = map(int, arguments.size.split("x"))
    rclpy.init()
    player = Player()
    player.connect()
    errors: dict[str, list[tuple[int, float, float]]] = {name: [] for name in OUTPUTS}
    for seed in tqdm(range(arguments.pairs), desc="pairs", unit="pair"):
        pair = room_pair(seed, (height, width))
        for name, depth in player.play(pair, stamp=seed + 1).items():
            errors[name].append(pair.errors(depth))
            tqdm.write(row(seed, name, *errors[name][-1]))
    for name, values in errors.items():
        print(row("mean", name, *np.mean(values, axis=0)))
    return 0


if __name__ == "__main__":
    sys.exit(main())

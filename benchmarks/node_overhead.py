"""What the frontend node costs beside the network: image message in, Features and Tracks messages out.

The node runs in its own process with a backend that returns keypoints computed beforehand, so that everything but the
network is there: two hops through DDS, conversion, tracking, building and publishing messages.

    python benchmarks/node_overhead.py --output node_overhead.json

With --bare the node is one that does nothing but answer each image with messages of that size, made beforehand: the
least that rclpy and DDS leave room for.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from superpoint_ros.bench.case import draw_images
from superpoint_ros.bench.provenance import commit, machine
from superpoint_ros.cli.node_process import private_domain
from superpoint_ros.core.allocation import bound_growth
from superpoint_ros.core.decode_options import DecodeOptions, DescriptorSampling
from superpoint_ros.core.products import keep_products_on_one_thread
from superpoint_ros.inference.extractor import Extractor
from superpoint_ros.ros.runtime.middleware import give_messages_room

HEIGHT, WIDTH = 480, 640
BACKEND = "precomputed"
STAGES = ("convert", "network", "track", "publish")


class PrecomputedBackend:
    """What the network finds in drawn images, forth and back, whatever the image."""

    device = "none"
    batches_pay = False
    descriptor_sampling: DescriptorSampling = "exact"
    sha256 = "0" * 64

    def __init__(self, keypoints: int):
        extractor = Extractor(options=DecodeOptions(max_keypoints=keypoints))
        found = extractor.extract(draw_images((HEIGHT, WIDTH)))
        self._turns = cycle([*found, *found[-2:0:-1]])

    def __call__(self, images: np.ndarray, options: object) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        features = next(self._turns)
        return [(features.xy, features.score, features.descriptors)] * len(images)


def serve(keypoints: int) -> int:
    """The node's process: the real program, with the backend above in the table."""
    from superpoint_ros.inference.backend import BACKENDS
    from superpoint_ros.ros.frontend.node import main as frontend_main

    bound_growth()
    BACKENDS[BACKEND] = lambda model, options: PrecomputedBackend(keypoints)
    return frontend_main(
        ["--ros-args", "-p", f"backend:={BACKEND}", "-p", "weights:=none", "-p", "policy:=every_frame"]
    )


def serve_bare(keypoints: int) -> int:
    """The process of a node that publishes the same two messages for every image."""
    import rclpy
    from rclpy.executors import ExternalShutdownException
    from rclpy.node import Node
    from sensor_msgs.msg import Image
    from std_msgs.msg import Header

    from superpoint_ros.core.tracker import Tracker
    from superpoint_ros.msg import Features, Tracks
    from superpoint_ros.ros.messages.features import features_to_message, tracks_to_message

    bound_growth()
    features = Extractor(options=DecodeOptions(max_keypoints=keypoints)).extract(draw_images((HEIGHT, WIDTH))[0])
    tracks = tracks_to_message(Tracker().update(features), Header(), "camera", Header().stamp)
    rclpy.init()
    node = Node("frontend")
    answers: dict[Any, Any] = {
        node.create_publisher(Features, "~/camera/features", 10): features_to_message(features, Header(), "camera"),
        node.create_publisher(Tracks, "~/camera/tracks", 10): tracks,
    }

    def answer(image: Image) -> None:
        for publisher, message in answers.items():
            if publisher.get_subscription_count():
                message.header = image.header
                publisher.publish(message)

    node.create_subscription(Image, "/camera/image_raw", answer, 10)
    with suppress(KeyboardInterrupt, ExternalShutdownException):
        rclpy.spin(node)
    return 0


class Client:
    """The other end: sends an image, waits for what comes of it, one image at a time."""

    def __init__(self, outputs: tuple[str, ...]) -> None:
        import rclpy
        from diagnostic_msgs.msg import DiagnosticArray
        from rclpy.node import Node
        from sensor_msgs.msg import Image

        from superpoint_ros.msg import Features, Tracks
        from superpoint_ros.ros.messages.images import array_to_image

        rclpy.init()
        self._outputs = outputs
        self._spin_once = rclpy.spin_once
        self._node = Node("node_overhead")
        self._received: dict[str, Any] = {}
        for name, kind in {"features": Features, "tracks": Tracks, "statistics": DiagnosticArray}.items():
            if name not in (*outputs, "statistics"):
                continue
            topic = "/diagnostics" if name == "statistics" else f"/frontend/camera/{name}"
            self._node.create_subscription(kind, topic, lambda message, name=name: self._keep(name, message), 10)
        self._publisher = self._node.create_publisher(Image, "/camera/image_raw", 10)
        pixels = np.random.default_rng(1).integers(0, 256, (HEIGHT, WIDTH), dtype=np.uint8)
        self._image = array_to_image(pixels, Image().header)

    def _keep(self, name: str, message: Any) -> None:
        self._received[name] = message

    def wait(self, *names: str) -> None:
        while not all(name in self._received for name in names):
            self._spin_once(self._node, timeout_sec=1.0)

    def connect(self) -> None:
        topics = [f"/frontend/camera/{name}" for name in self._outputs]
        while not (self._publisher.get_subscription_count() and all(map(self._node.count_publishers, topics))):
            self._spin_once(self._node, timeout_sec=0.1)
        # What a node that reports does within its first second.
        time.sleep(2.0)

    def round_trip(self, index: int) -> float:
        """Milliseconds from publishing an image to having all its messages."""
        self._received.clear()
        self._image.header.stamp.sec = index
        start = time.perf_counter()
        self._publisher.publish(self._image)
        self.wait(*self._outputs)
        return 1e3 * (time.perf_counter() - start)

    def statistics(self) -> dict[str, str]:
        self._received.clear()
        self.wait("statistics")
        return {value.key: value.value for value in self._received["statistics"].status[-1].values}


def measure(images: int, warm_up: int, rate: float, outputs: tuple[str, ...], *, bare: bool) -> dict[str, Any]:
    client = Client(outputs)
    client.connect()
    milliseconds = []
    for index in tqdm(range(warm_up + images), desc="images", unit="image"):
        milliseconds.append(client.round_trip(index))
        time.sleep(max(0.0, 1.0 / rate - 1e-3 * milliseconds[-1]))
    measured = np.array(milliseconds[warm_up:])
    round_trip = {
        "min": round(float(measured.min()), 3),
        "median": round(float(np.median(measured)), 3),
        "p95": round(float(np.quantile(measured, 0.95)), 3),
    }
    if bare:
        return {"round_trip_ms": round_trip}
    statistics = client.statistics()
    stages = {f"{stage}_ms": float(statistics[f"{stage}_ms"]) for stage in STAGES}
    inside = sum(stages.values()) - stages["network_ms"]
    return {
        "round_trip_ms": round_trip,
        "inside_node_ms": round(inside, 3),
        "stages_ms_mean": stages,
        "messaging_ms": round(float(np.median(measured)) - inside - stages["network_ms"], 3),
        "processed": int(statistics["processed"]),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=200, help="measured images (default 200)")
    parser.add_argument("--warm-up", type=int, default=50, help="images before them (default 50)")
    parser.add_argument("--keypoints", type=int, default=1000, help="per image (default 1000)")
    parser.add_argument("--rate", type=float, default=15.0, help="images per second (default 15)")
    parser.add_argument("--outputs", nargs="+", default=["features", "tracks"], help="topics that are subscribed to")
    parser.add_argument("--output", type=Path, help="JSON file to write")
    parser.add_argument("--bare", action="store_true", help="measure a node that only answers, as the least there is")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        return (serve_bare if arguments.bare else serve)(arguments.keypoints)
    command = [sys.executable, __file__, "--serve", "--keypoints", str(arguments.keypoints)]
    command += ["--bare"] if arguments.bare else []
    # As the node's own program does before NumPy is imported, which here it is at the top.
    keep_products_on_one_thread()
    give_messages_room(os.environ)
    with private_domain(), subprocess.Popen(command) as node:
        try:
            results = measure(
                arguments.images, arguments.warm_up, arguments.rate, tuple(arguments.outputs), bare=arguments.bare
            )
        finally:
            node.terminate()
    setup = {"image": f"{WIDTH}x{HEIGHT} mono8", "keypoints": arguments.keypoints, "images": arguments.images,
             "outputs": arguments.outputs, "bare": arguments.bare}  # fmt: skip
    report = {
        "benchmark": "node_overhead",
        "commit": commit(),
        "machine": machine(),
        "setup": setup,
        "results": results,
    }
    text = json.dumps(report, indent=2)
    print(text)
    if arguments.output:
        arguments.output.write_text(text + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

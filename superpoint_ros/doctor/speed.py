"""One timed run of each network, by the backend that `auto` takes here."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from superpoint_ros.bench.case import draw_images
from superpoint_ros.core.errors import CheckpointError, SuperPointRosError
from superpoint_ros.core.processes import run_apart
from superpoint_ros.doctor.finding import Finding
from superpoint_ros.doctor.processor import usable_threads
from superpoint_ros.inference.backend import PACKAGES, choose_automatically
from superpoint_ros.inference.densifier import Densifier
from superpoint_ros.inference.extractor import Extractor

SIZE = (480, 640)
MAX_RUNS, MAX_SECONDS = 5, 5.0
SAMPLE_SPACING = 24  # pixels
TIMEOUT_S = 120.0


@dataclass(frozen=True)
class Run:
    """Hold what a network did.

    Attributes:
        device: Where and how it ran, for people to read.
        milliseconds: Median time of an image.
    """

    device: str
    milliseconds: float


@dataclass(frozen=True)
class Network:
    """Describe a network to be run.

    Attributes:
        name: Name of its model.
        work: What is timed, in words.
        run: Runs it.
        min_rate: Images per second below which a camera has to wait for it.
        cure: What makes it faster.
    """

    name: str
    work: str
    run: Callable[[], Run]
    min_rate: float
    cure: str


def run_superpoint() -> Run:
    """Time the keypoints of an image."""
    image, extractor = draw_images(SIZE)[0], Extractor()
    return Run(extractor.device, median_milliseconds(lambda: extractor.extract(image)))


def run_d3() -> Run:
    """Time the dense depth of an image."""
    image, sparse = draw_images(SIZE)[0], np.full(SIZE, np.nan, np.float32)
    sparse[::SAMPLE_SPACING, ::SAMPLE_SPACING] = 2.0
    densifier = Densifier()
    return Run(densifier.device, median_milliseconds(lambda: densifier.densify(image, sparse)))


def median_milliseconds(call: Callable[[], object]) -> float:
    """Return the median time of MAX_RUNS calls after the first, or of as many as MAX_SECONDS leave time for."""
    call()
    seconds: list[float] = []
    while not seconds or (len(seconds) < MAX_RUNS and sum(seconds) < MAX_SECONDS):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return 1e3 * statistics.median(seconds)


SAMPLES = len(range(0, SIZE[0], SAMPLE_SPACING)) * len(range(0, SIZE[1], SAMPLE_SPACING))
NETWORKS = (
    Network(
        "superpoint",
        "keypoints of a 640x480 image",
        run_superpoint,
        5.0,
        "parameters of the frontend: max_image_size: 320, or tracker: hybrid (docs/frontend.md)",
    ),
    Network(
        "d3",
        f"dense depth of a 640x480 image with {SAMPLES} samples",
        run_d3,
        1.0,
        "parameter of the densify node: max_image_size: 320 (docs/depth.md)",
    ),
)


def run_in_process(run: Callable[[], Run]) -> Run:
    """Run a network in a process of its own, which it may take down with it."""
    return run_apart(run, timeout_s=TIMEOUT_S)


def check_network(network: Network, call: Callable[[Callable[[], Run]], Run] = run_in_process) -> Finding:
    """Run a network, and say which backend was chosen, why, and how fast it is.

    Args:
        network: The network.
        call: Calls the function that runs it.
    """
    name, reason = choose_automatically("auto")
    chosen = f"backend {name}, as {reason}"
    try:
        run = call(network.run)
    except CheckpointError as error:
        return Finding("ERROR", network.name, f"{chosen}; not run: {error}", "see 'weights'")
    except SuperPointRosError as error:
        cure = f"install {PACKAGES[name]} anew, or take another backend (docs/backends.md)"
        return Finding("ERROR", network.name, f"{chosen}; it does not run: {error}", cure)
    rate, load, threads = 1e3 / run.milliseconds, os.getloadavg()[0], usable_threads()
    text = f"{chosen}: {run.device}; {network.work} in {run.milliseconds:.0f} ms ({rate:.1f} images/s)"
    if rate >= network.min_rate:
        return Finding("OK", network.name, text)
    if load > threads:
        text += f", with a load average of {load:.1f} on {threads} CPU threads"
        cure = "other programs take CPU time: end them, or let this network start fewer threads "
        return Finding("WARN", network.name, text, cure + f"(parameter threads); {network.cure}")
    return Finding("WARN", network.name, text, f"if that is too slow for the camera: {network.cure}")

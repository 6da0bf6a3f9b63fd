"""The network on the images of all cameras: at once where that pays, or in a thread of its own behind optical flow."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from superpoint_ros.core.types import Features
from superpoint_ros.inference.extractor import Extractor
from superpoint_ros.ros.runtime.pipeline import Stream
from superpoint_ros.ros.runtime.scheduling import LatestQueue

if TYPE_CHECKING:
    from superpoint_ros.ros.frontend.pipeline import Frontend


# Ends what goes wrong with one image of a stream.
Guard: TypeAlias = Callable[[Stream], AbstractContextManager[None]]


@dataclass(frozen=True)
class NetworkJob:
    """Hold an image that the network is to see.

    Attributes:
        stream: Camera of the image.
        image: The image, uint8 (H, W).
        deliver: Called with its features.
    """

    stream: Stream
    image: np.ndarray
    deliver: Callable[[Features], None]


class NetworkRunner:
    """Run the network.

    Args:
        node: Counts and logs what goes wrong.
        extractor: The network.
    """

    def __init__(self, node: Frontend, extractor: Extractor):
        self._node, self._extractor = node, extractor
        self._waiting: LatestQueue[list[NetworkJob]] = LatestQueue()
        self._waiting.together = False

    @property
    def batches_pay(self) -> bool:
        """Return whether several images at once are faster than one after the other."""
        return self._extractor.batches_pay

    def run(self, jobs: list[NetworkJob]) -> None:
        """Run the network on images, and deliver; images of one size go through a GPU together."""
        self._run(jobs, self._node.skip_on_error)

    def _run(self, jobs: list[NetworkJob], guard: Guard) -> None:
        groups: dict[object, list[NetworkJob]] = {}
        for job in jobs:
            groups.setdefault(job.image.shape if self.batches_pay else job.stream.name, []).append(job)
        for group in groups.values():
            self._run_group(group, guard)

    def _run_group(self, group: list[NetworkJob], guard: Guard) -> None:
        if len(group) > 1:
            try:
                features = self._extract(group)
            except Exception as error:
                text = f"batch of {len(group)} images failed ({type(error).__name__}: {error}); run one by one"
                self._node.warnings.warn(self._node.get_name(), "batch", text)
            else:
                for job, found in zip(group, features, strict=True):
                    with guard(job.stream):
                        job.deliver(found)
                return
        # One by one no camera pays for another one's image.
        for job in group:
            with guard(job.stream):
                job.deliver(self._extract([job])[0])

    def _extract(self, jobs: list[NetworkJob]) -> list[Features]:
        start = time.perf_counter()
        features = self._extractor.extract([job.image for job in jobs])
        for job in jobs:
            job.stream.statistics.add_time("network", time.perf_counter() - start)
        return features

    def start_in_background(self) -> None:
        """From now on run in a thread of its own what is offered."""
        self._node.run_in_background(self._waiting, self._run_late)

    def offer(self, name: str, jobs: list[NetworkJob]) -> None:
        """Let the network see images as soon as it is free, unless newer ones are offered by the same name first."""
        self._waiting.put(name, jobs)

    def _run_late(self, batch: list[tuple[str, list[NetworkJob]]]) -> None:
        """Run images whose tracks have been published."""
        for _, jobs in batch:
            self._run(jobs, self._count_failure)

    @contextmanager
    def _count_failure(self, stream: Stream) -> Iterator[None]:
        """Count what goes wrong with an image that has been processed already."""
        try:
            yield
        except Exception as error:
            stream.statistics.count("network_failed")
            text = f"the network failed on an image ({type(error).__name__}: {error}); its tracks live on"
            self._node.warnings.warn(stream.topic, "network", text)

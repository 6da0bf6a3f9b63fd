"""One measurement: a backend with its settings, images in, tracked keypoints with descriptors out."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from superpoint_ros.core.decode_options import DecodeOptions
from superpoint_ros.core.processes import run_apart
from superpoint_ros.core.stages import collect_stages, stage
from superpoint_ros.core.tracker import Tracker
from superpoint_ros.inference.extractor import Extractor
from superpoint_ros.inference.models import find_model
from superpoint_ros.networks.checkpoint import load_checkpoint
from superpoint_ros.scenes.collage import draw_collage

# The network in float32 PyTorch, channels first, nothing decoded: what the released code runs.
PLAIN = "plain"
PERCENTILES = (50, 95, 99)
WARM_UP = 3
IMAGES, SHIFT = 8, 2  # pixels from image to image


@dataclass(frozen=True)
class Case:
    """Describe what is measured.

    Attributes:
        backend: As of the Extractor, or PLAIN.
        precision: As of the Extractor.
        threads: Maximum number of CPU threads of the network; 0 = the default.
        size: (height, width) of the images, pixels.
        batch: Number of images, or cameras, at once.
        keypoints: Largest number of keypoints of an image.
    """

    backend: str = "auto"
    precision: Any = "auto"
    threads: int = 0
    size: tuple[int, int] = (480, 640)
    batch: int = 1
    keypoints: int = 1000

    @property
    def label(self) -> str:
        """Return the case in words."""
        height, width = self.size
        threads = f", {self.threads} threads" if self.threads else ""
        batch = f", batch {self.batch}" if self.batch > 1 else ""
        return f"{self.backend} {self.precision}, {width}x{height}, {self.keypoints} keypoints{batch}{threads}"


def sweep(axes: Mapping[str, Sequence[Any]]) -> list[Case]:
    """List the cases of some values of each attribute: all backends, precisions and sizes, of the others one at a time.

    >>> cases = sweep({"backend": ["plain", "auto"], "precision": ["int8", "float32"], "keypoints": [1000, 500]})
    >>> [(case.backend, case.precision, case.keypoints) for case in cases]
    [('plain', 'float32', 0), ('auto', 'int8', 1000), ('auto', 'float32', 1000), ('auto', 'int8', 500)]
    """
    first = {name: values[0] for name, values in axes.items()}
    first["backend"] = next((name for name in axes["backend"] if name != PLAIN), PLAIN)
    together = {name: axes[name] for name in ("backend", "precision", "size") if name in axes}
    cases = [Case(**first | dict(zip(together, chosen, strict=True))) for chosen in product(*together.values())]
    for name in [name for name in axes if name not in together]:
        cases += [Case(**first | {name: value}) for value in axes[name][1:]]
    return list(dict.fromkeys(case if case.backend != PLAIN else _without_decoding(case) for case in cases))


def _without_decoding(case: Case) -> Case:
    return replace(case, precision="float32", keypoints=0)


def measure_apart(case: Case, repeats: int) -> dict[str, Any]:
    """Measure a case in a process of its own, so that its peak memory and its threads are its own; see `measure`."""
    return run_apart(measure, case, repeats)


def measure(case: Case, repeats: int) -> dict[str, Any]:
    """Measure a case.

    Args:
        case: What is measured.
        repeats: Number of measured runs.

    Returns:
        The case; what runs it; milliseconds per image of each stage and of all together ("total"), as
        "p50", "p95" and "p99" of the runs; images per second; processor milliseconds per image; largest resident
        memory of the process, MB.

    Raises:
        SuperPointRosError: A backend, device or precision that is not there.
    """
    run, device = _plain(case) if case.backend == PLAIN else _pipeline(case)
    images = list(zip(*(draw_images(case.size, seed) for seed in range(case.batch)), strict=True))
    for index in range(WARM_UP):
        run(images[index % len(images)])
    rows, used = [], time.process_time()
    for index in range(repeats):
        with collect_stages() as seconds, stage("total"):
            run(images[index % len(images)])
        rows.append(seconds)
    processor = 1e3 * (time.process_time() - used) / (repeats * case.batch)
    total = sum(row["total"] for row in rows)
    return {
        "case": asdict(case),
        "device": device,
        "stages_ms": {name: _percentiles([1e3 * row[name] / case.batch for row in rows]) for name in sorted(rows[0])},
        "images_per_second": round(repeats * case.batch / total, 2),
        "processor_ms": round(processor, 2),
        "peak_memory_mb": _peak_memory(),
    }


def _percentiles(values: list[float]) -> dict[str, float]:
    return {f"p{q}": round(float(np.percentile(values, q)), 3) for q in PERCENTILES}


def draw_images(size: tuple[int, int], seed: int = 0) -> list[np.ndarray]:
    """Draw images uint8 (H, W) of a camera that moves, whose keypoints are mostly found again."""
    height, width = size
    scene = draw_collage(np.random.default_rng(seed), (height, width + (IMAGES - 1) * SHIFT))
    return [np.ascontiguousarray(scene[:, SHIFT * step :][:, :width]) for step in range(IMAGES)]


def _pipeline(case: Case) -> tuple[Callable[[Sequence[np.ndarray]], object], str]:
    options = DecodeOptions(max_keypoints=case.keypoints)
    threads = case.threads or None
    extractor = Extractor(backend=case.backend, precision=case.precision, threads=threads, options=options)
    trackers = [Tracker() for _ in range(case.batch)]

    def run(images: Sequence[np.ndarray]) -> None:
        found = extractor.extract(images)
        with stage("track"):
            for tracker, features in zip(trackers, found, strict=True):
                tracker.update(features)

    return run, extractor.device


def _plain(case: Case) -> tuple[Callable[[Sequence[np.ndarray]], object], str]:
    import torch

    from superpoint_ros.networks.superpoint import SuperPoint

    torch.set_num_threads(case.threads or torch.get_num_threads())
    network = SuperPoint.from_weights(load_checkpoint(find_model().file).weights)
    network.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]

    @torch.inference_mode()
    def run(images: Sequence[np.ndarray]) -> object:
        with stage("network"):
            return network(torch.from_numpy(np.stack(images))[:, None].float() / 255)

    return run, "cpu (PyTorch, float32, network alone)"


def _peak_memory() -> float | None:
    """Return the largest resident memory of this process, MB; None where the system does not tell."""
    if os.name != "posix" or not Path("/proc/self/status").exists():
        return None
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return round(int(fields["VmHWM"].split()[0]) / 1024, 1)

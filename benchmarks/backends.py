"""Image to keypoints with descriptors by every backend that is installed, in turns, beside the plain PyTorch network.

python benchmarks/backends.py --output output/backends.json [--sizes 240x320 480x640] [--repeats 15]

"PyTorch, network alone" is the network in float32, channels first, without decoding: what the ratios are over.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import numpy as np
import torch
from provenance import commit, machine

from superpoint_ros import Extractor
from superpoint_ros.core.errors import SuperPointRosError
from superpoint_ros.inference.backend import BACKENDS
from superpoint_ros.inference.models import find_model
from superpoint_ros.inference.network_options import Precision, RuntimeOptions
from superpoint_ros.inference.openvino_graph import build_superpoint
from superpoint_ros.inference.openvino_runtime import compile_graph
from superpoint_ros.networks.checkpoint import load_checkpoint
from superpoint_ros.networks.quantization_file import load_quantization
from superpoint_ros.networks.superpoint import SuperPoint
from superpoint_ros.scenes.collage import draw_collage

PLAIN = "PyTorch, network alone"
Run = Callable[[np.ndarray], object]


def plain_network() -> Run:
    """Make a function that runs the bundled network as the released code does, and decodes nothing."""
    network = SuperPoint.from_weights(load_checkpoint(find_model().file).weights).to(
        memory_format=torch.contiguous_format
    )

    @torch.inference_mode()
    def run(image: np.ndarray) -> object:
        return network(torch.from_numpy(image)[None, None].float() / 255)

    return run


def bare_openvino(precision: Precision) -> Run:
    """Make a function that runs the bundled network in OpenVINO, and decodes nothing."""
    model, options = find_model(), RuntimeOptions(precision=precision)
    checkpoint = load_checkpoint(model.file)
    weights = checkpoint.weights
    if precision == "int8":
        weights = load_quantization(model.quantization, weights, checkpoint.sha256)
    request = compile_graph(build_superpoint(weights), options, precision)
    return lambda image: request.infer({0: image[None, None]}, share_inputs=True)


def candidates() -> dict[str, Run]:
    """Make what is timed, by name; what cannot run here is left out."""
    runs = {PLAIN: plain_network()}
    for backend, precision in itertools.product(BACKENDS, get_args(Precision)[1:]):
        try:
            extract = Extractor(backend=backend, device="cpu", precision=precision).extract
        except SuperPointRosError as error:
            print(f"{backend} in {precision} left out: {error}")
            continue
        runs[f"{backend} {precision}"] = extract
        if backend == "openvino":
            runs[f"openvino {precision}, network alone"] = bare_openvino(precision)
    return runs


def measure(size: tuple[int, int], repeats: int) -> dict[str, float]:
    """Return the median milliseconds of each candidate, timed in turns so that all see the same machine."""
    image = draw_collage(np.random.default_rng(0), size)
    runs = candidates()
    times: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(repeats + 2):
        for name, run in runs.items():
            start = time.perf_counter()
            run(image)
            if turn >= 2:
                times[name].append(1e3 * (time.perf_counter() - start))
    return {name: round(float(np.median(values)), 1) for name, values in times.items()}


def main() -> None:
    """Print a table, write it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", default=["240x320", "480x640"], help="HEIGHTxWIDTH of the image")
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--output", type=Path, help="JSON file")
    arguments = parser.parse_args()
    rows = []
    for text in arguments.sizes:
        height, width = map(int, text.split("x"))
        found = measure((height, width), arguments.repeats)
        rows += [{"size": text, "run": name, "ms": ms, "speedup": round(found[PLAIN] / ms, 2)}
                 for name, ms in found.items()]  # fmt: skip
    for row in rows:
        print("| {size} | {run} | {ms} | {speedup} |".format(**row))
    if arguments.output:
        arguments.output.parent.mkdir(parents=True, exist_ok=True)
        record = {"machine": machine(), "commit": commit(), "threads": torch.get_num_threads(),
                  "torch": torch.__version__, "times": rows}  # fmt: skip
        arguments.output.write_text(json.dumps(record, indent=2))


if __name__ == "__main__":
    main()

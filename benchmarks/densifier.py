"""Size and speed of the densifier: parameters, multiply-adds, milliseconds per image, peak memory.

python benchmarks/densifier.py --output output/densifier.json [--weights d3.safetensors]

Without weights an untrained network is timed; it takes as long as a trained one.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import tempfile
import time
from itertools import product
from pathlib import Path

import numpy as np
import torch

from superpoint_ros.inference.densifier import Densifier, working_size
from superpoint_ros.networks.d3 import D3, count_multiply_adds, count_parameters, without_batch_norm
from superpoint_ros.networks.d3_checkpoint import load_d3, save_d3
from superpoint_ros.networks.torch_weights import to_weights

SIZES = ((240, 320), (480, 640))
PADDED_SIZES = ((256, 320), (480, 640))
SAMPLES = (300, 5000)  # a map of few points, and enough for the network to see 480x640 pixels


def milliseconds(densifier: Densifier, size: tuple[int, int], samples: int, repeats: int) -> float:
    """Median time of an image with its samples, hints included, after two to warm up."""
    rng = np.random.default_rng(0)
    image, sparse = rng.integers(0, 256, (*size, 3), dtype=np.uint8), np.full(size, np.nan, np.float32)
    sparse.ravel()[rng.choice(sparse.size, samples, replace=False)] = rng.uniform(1, 5, samples)
    times = []
    for _ in range(repeats + 2):
        start = time.perf_counter()
        densifier.densify(image, sparse)
        times.append(time.perf_counter() - start)
    return 1e3 * float(np.median(times[2:]))


def measure(weights: Path, device: str, repeats: int) -> dict[str, object]:
    network = D3.from_weights(load_d3(weights).weights)
    densifier = Densifier(weights, device=device)
    max_image_size, rows = densifier.options.max_image_size, []
    for size, samples in product(SIZES, SAMPLES):
        row = {"size": size, "samples": samples, "worked_on": working_size(size, samples, max_image_size)}
        rows.append(row | {"milliseconds": round(milliseconds(densifier, size, samples, repeats), 1)})
        print(rows[-1], flush=True)
    return {
        "device": densifier.device,
        "machine": platform.processor() or platform.machine(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "parameters": count_parameters(network),
        "giga_multiply_adds": {f"{h}x{w}": count_multiply_adds(network, (h, w)) / 1e9 for h, w in PADDED_SIZES},
        "times": rows,
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path("output/densifier.json"))
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--repeats", type=int, default=20)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        weights = arguments.weights or Path(folder) / "untrained.safetensors"
        if arguments.weights is None:
            save_d3(weights, to_weights(without_batch_norm(D3())))
        result = measure(weights, arguments.device, arguments.repeats)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()

"""How far each precision is from float32: keypoints and descriptors of SuperPoint, depth of D3, on real images.

python benchmarks/precision.py --images FOLDER [--images FOLDER ...] [--count 30] [--output output/precision.json]
python benchmarks/precision.py --images FOLDER --backend torch --device cuda
python benchmarks/precision.py --depth RGBD --depth-model MODEL.yaml --count 6

Homography accuracy and matching score by precision: superpoint-ros evaluate homography --precision int8.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from superpoint_ros import Densifier, Extractor
from superpoint_ros.bench.provenance import commit, machine
from superpoint_ros.core.errors import SuperPointRosError
from superpoint_ros.core.image import fit_within, resize_image
from superpoint_ros.core.image_files import list_image_files, read_image_file
from superpoint_ros.core.options import flat_values
from superpoint_ros.core.sampling_patterns import sample_depth
from superpoint_ros.core.types import Features
from superpoint_ros.evaluation.datasets.catalog import FRAME_LAYOUTS, read_dataset
from superpoint_ros.inference.network_options import Precision, RuntimeOptions

PRECISIONS: tuple[Precision, ...] = ("bfloat16", "int8")
SAME_POINT = 1.0  # pixels
SAMPLES = 300


def read_images(folders: list[Path], count: int) -> list[np.ndarray]:
    """Read images evenly spread over each folder, at most 640 pixels wide or high."""
    images = []
    for folder in folders:
        paths = list_image_files(folder)
        for index in np.unique(np.linspace(0, len(paths) - 1, count // len(folders)).round().astype(int)):
            image = read_image_file(paths[index], "bgr")
            images.append(resize_image(image, fit_within(image.shape[:2], 640)))
    return images


def compare_features(expected: Features, found: Features) -> tuple[float, float]:
    """Return the share of keypoints that are found again, and the mean cosine of their descriptors."""
    distance = np.linalg.norm(expected.xy[:, None] - found.xy[None], axis=2)
    partner, near = distance.argmin(axis=1), distance.min(axis=1) <= SAME_POINT
    cosine = np.sum(expected.descriptors[near] * found.descriptors[partner[near]], axis=1)
    return float(near.mean()), float(cosine.mean())


def measure_superpoint(images: list[np.ndarray], tested: RuntimeOptions) -> dict[str, float]:
    reference, precision = Extractor(device="cpu", precision="float32"), tested.precision
    extractor = Extractor(**flat_values(tested))
    found = [compare_features(reference.extract(image), extractor.extract(image)) for image in tqdm(images, precision)]
    return dict(zip(("keypoints_kept", "descriptor_cosine"), np.mean(found, axis=0).round(5).tolist(), strict=True))


def sparse_depth(size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Make samples of a slanted plane, which is not the depth of the image: only differences are looked at."""
    sparse = np.full(size, np.nan, np.float32)
    row, column = rng.integers(0, size[0], SAMPLES), rng.integers(0, size[1], SAMPLES)
    sparse[row, column] = 1.0 + 3.0 * row / size[0]
    return sparse


def measure_d3(images: list[np.ndarray], tested: RuntimeOptions) -> dict[str, float]:
    both = Densifier(device="cpu", precision="float32"), Densifier(**flat_values(tested))
    rng, found = np.random.default_rng(0), []
    for image in tqdm(images, tested.precision):
        sparse = sparse_depth(image.shape[:2], rng)
        expected, dense = (densifier.densify(image, sparse).depth for densifier in both)
        found.append(np.abs(dense / expected - 1).mean())
    return {"mean_relative_change_of_depth": round(float(np.mean(found)), 5)}


def measure_depth_error(data: Path, count: int, model: Path | None) -> list[dict[str, object]]:
    """Compare D3's depth of real frames, at most 320 pixels wide or high, with what was measured, by precision."""
    frames = [frame for frame in read_dataset(data, FRAME_LAYOUTS) if frame.depth is not None]
    chosen = [frames[index] for index in np.unique(np.linspace(0, len(frames) - 1, count).round().astype(int))]
    rows: list[dict[str, object]] = []
    precisions: tuple[Precision, ...] = ("float32", *PRECISIONS)
    for precision in precisions:
        try:
            densifier = Densifier(device="cpu", precision=precision, model=model)
        except SuperPointRosError as error:
            print(f"d3 in {precision} left out: {error}")
            continue
        errors = []
        for number, frame in enumerate(chosen):
            size = fit_within(frame.depth().shape, 320)
            truth = cv2.resize(frame.depth(), size[::-1], interpolation=cv2.INTER_NEAREST)
            sparse = sample_depth(truth, "uniform", SAMPLES, np.random.default_rng(number))
            dense = densifier.densify(resize_image(frame.image(), size), sparse).depth
            errors.append(np.abs(dense[truth > 0] / truth[truth > 0] - 1))
        found = {"mean": np.mean([e.mean() for e in errors]), "median": np.mean([np.median(e) for e in errors])}
        rows.append({"network": "d3", "precision": precision, "frames": len(chosen)}
                    | {f"{name}_relative_error": round(float(value), 5) for name, value in found.items()})  # fmt: skip
        print(rows[-1])
    return rows


def main() -> None:
    """Print a line for each network and precision, write them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=Path, action="append", default=[], help="folder of images")
    parser.add_argument("--depth", type=Path, help="frames with depth")
    parser.add_argument("--depth-model", type=Path, help="model file of D3, with its quantization")
    parser.add_argument("--count", type=int, default=30, help="number of images")
    parser.add_argument("--backend", default="auto", help="backend that is compared")
    parser.add_argument("--device", default="cpu", help="device that is compared, with the processor in float32")
    parser.add_argument("--output", type=Path, help="JSON file")
    arguments = parser.parse_args()
    images, rows = read_images(arguments.images, arguments.count), []
    if arguments.depth is not None:
        rows += measure_depth_error(arguments.depth, arguments.count, arguments.depth_model)
    for network, measure in (("superpoint", measure_superpoint), ("d3", measure_d3)) if images else ():
        for precision in PRECISIONS:
            try:
                tested = RuntimeOptions(backend=arguments.backend, device=arguments.device, precision=precision)
                rows.append({"network": network, "precision": precision, **measure(images, tested)})
                print(rows[-1])
            except SuperPointRosError as error:
                print(f"{network} in {precision} left out: {error}")
    if arguments.output:
        arguments.output.parent.mkdir(parents=True, exist_ok=True)
        record = {"machine": machine(), "commit": commit(), "images": len(images), "rows": rows}
        arguments.output.write_text(json.dumps(record, indent=2))


if __name__ == "__main__":
    main()

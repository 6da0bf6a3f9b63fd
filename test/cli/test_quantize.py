"""Quantization in a process of its own, as users run it: NNCF and training in one process ended in a crash."""

import subprocess
import sys

import cv2
import numpy as np
import pytest
from helpers.seeded import seeded_weights_file

from superpoint_ros import Extractor
from superpoint_ros.networks.layers import LAYERS
from superpoint_ros.networks.weights_file import file_sha256, read_weights
from superpoint_ros.scenes.collage import draw_collage

COMMAND = "import sys; from superpoint_ros.cli.main import main; sys.exit(main())"


def quantize(**options: object) -> subprocess.CompletedProcess[str]:
    words = [str(word) for name, value in options.items() for word in (f"--{name}", value)]
    command = [sys.executable, "-c", COMMAND, "quantize", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    if "needs nncf" in done.stderr:
        pytest.skip("NNCF is not installed; the extra [quantization] brings it")
    return done


def test_quantized_weights_find_what_the_weights_find(tmp_path):
    (tmp_path / "images").mkdir()
    images = [draw_collage(np.random.default_rng(seed), (96, 128)) for seed in range(3)]
    for index, image in enumerate(images):
        cv2.imwrite(str(tmp_path / "images" / f"{index}.png"), image)
    weights, output = seeded_weights_file(tmp_path), tmp_path / "int8.safetensors"
    done = quantize(weights=weights, images=tmp_path / "images", output=output, count=2)
    assert done.returncode == 0, done.stderr

    arrays, metadata, digest = read_weights(output)
    assert digest in done.stdout
    assert metadata["weights_sha256"] == file_sha256(weights)
    assert {name.partition(".")[0] for name in arrays} == LAYERS.keys() - {"conv1a"}
    (tmp_path / "model.yaml").write_text(f"file: {weights.name}\nquantization: {output.name}\n")
    full, quantized = (
        Extractor(model=tmp_path / "model.yaml", backend="openvino", precision=precision)
        for precision in ("float32", "int8")
    )
    assert "int8" in quantized.device
    expected, found = full.extract(images[2]), quantized.extract(images[2])
    distance = np.linalg.norm(expected.xy[:, None] - found.xy[None], axis=2)
    assert 0.5 < np.mean(distance.min(axis=1) <= 1) < 1


def test_images_smaller_than_a_cell_are_padded(tmp_path):
    (tmp_path / "images").mkdir()
    for index, size in enumerate([(4, 5), (3, 2000), (64, 80)]):
        image = np.random.default_rng(index).integers(0, 256, size, np.uint8)
        cv2.imwrite(str(tmp_path / "images" / f"{index}.png"), image)
    done = quantize(
        weights=seeded_weights_file(tmp_path), images=tmp_path / "images", output=tmp_path / "a.safetensors"
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("count", "says"), [(0, "--count 0: must be at least 1"), (2, "no image")])
def test_bad_input_is_refused_in_one_line(tmp_path, count, says):
    output = tmp_path / "int8.safetensors"
    done = quantize(weights=seeded_weights_file(tmp_path), images=tmp_path, output=output, count=count)
    assert done.returncode == 2
    assert says in done.stderr


def test_a_name_that_could_not_be_read_is_refused_before_anything_runs(tmp_path):
    done = quantize(weights=tmp_path / "absent.safetensors", images=tmp_path, output=tmp_path / "int8.bin")
    assert done.returncode == 2
    assert "int8.bin': the name must end in .safetensors" in done.stderr

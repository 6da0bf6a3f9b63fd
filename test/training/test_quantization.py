import cv2
import numpy as np
import pytest
from helpers.seeded import seeded_weights_file

from superpoint_ros import Extractor
from superpoint_ros.cli.main import main
from superpoint_ros.networks.layers import LAYERS
from superpoint_ros.networks.weights_file import file_sha256, read_weights
from superpoint_ros.scenes.collage import draw_collage

pytest.importorskip("nncf", reason="NNCF is not installed; the extra [quantization] brings it")


def test_quantized_weights_find_what_the_weights_find(tmp_path):
    (tmp_path / "images").mkdir()
    images = [draw_collage(np.random.default_rng(seed), (96, 128)) for seed in range(3)]
    for index, image in enumerate(images):
        cv2.imwrite(str(tmp_path / "images" / f"{index}.png"), image)
    weights, output = seeded_weights_file(tmp_path), tmp_path / "int8.safetensors"
    folder = str(tmp_path / "images")
    assert (
        main(["quantize", "--weights", str(weights), "--images", folder, "--output", str(output), "--count", "2"]) == 0
    )

    arrays, metadata, _ = read_weights(output)
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


@pytest.mark.parametrize(("count", "says"), [("0", "--count 0: must be at least 1"), ("2", "no image")])
def test_bad_input_is_refused_in_one_line(tmp_path, capsys, count, says):
    words = [
        "--weights",
        str(seeded_weights_file(tmp_path)),
        "--images",
        str(tmp_path),
        "--output",
        str(tmp_path / "q"),
    ]
    assert main(["quantize", *words, "--count", count]) == 2
    assert says in capsys.readouterr().err

"""What runs on a robot runs where PyTorch is not installed: the API, the nodes, `track`."""

from __future__ import annotations

import signal
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import pytest
from helpers.environment import Environment
from helpers.seeded import released_weights

from superpoint_ros.scenes.collage import draw_collage

TORCH = ("torch", "functorch", "lightning", "tensorboard", "__editable__", "__pycache__")
API = """
import sys
import numpy as np
from superpoint_ros import Densifier, Extractor, Tracker, match
image = np.random.default_rng(0).integers(0, 256, (96, 128, 3), np.uint8)
features = Extractor().extract(image)
assert len(features) > 0 and len(match(features.descriptors, features.descriptors)) == len(features)
assert len(Tracker().update(features)) > 0
sparse = np.full((96, 128), np.nan, np.float32)
sparse[::16, ::16] = 2.0
assert np.isfinite(Densifier().densify(image, sparse).depth).all()
assert "torch" not in sys.modules
"""
MAIN = "import sys; from superpoint_ros.cli.main import main; sys.exit(main())"


@pytest.fixture(scope="module")
def robot(tmp_path_factory):
    environment = Environment(tmp_path_factory.mktemp("robot") / "venv", TORCH)
    assert "No module named 'torch'" in environment.run("-c", "import torch").stderr
    return environment


def images(folder: Path) -> Path:
    folder.mkdir()
    canvas = draw_collage(np.random.default_rng(1), (120, 200))
    for index in range(3):
        cv2.imwrite(str(folder / f"{index}.png"), canvas[:, 4 * index : 4 * index + 160])
    return folder


def test_the_python_api(robot):
    done = robot.run("-c", API)
    assert done.returncode == 0, done.stderr


def test_the_python_api_in_onnx_runtime(tmp_path):
    pytest.importorskip("onnxruntime", reason="the extra [onnxruntime] is not installed")
    environment = Environment(tmp_path / "venv", (*TORCH, "openvino"))
    done = environment.run("-c", f"import logging\nlogging.basicConfig(level=logging.INFO)\n{API}")
    assert done.returncode == 0, done.stderr
    assert "backend 'auto': using onnxruntime, as OpenVINO is not installed" in done.stderr
    assert "ONNX Runtime on cpu in int8" in done.stderr


def test_track(robot, tmp_path):
    done = robot.run("-c", MAIN, "track", "--images", images(tmp_path / "images"), "--output", tmp_path / "output")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "output" / "overlay.mp4").is_file() == bool(find_spec("av"))


@pytest.mark.parametrize("node", ["frontend", "triangulate", "densify", "bridge"])
def test_a_node_starts_and_ends(robot, node):
    process = robot.start("-m", "superpoint_ros.ros.runtime.program", node)
    try:
        printed = []
        for line in process.stdout:
            printed.append(line)
            if "ready: " in line:
                break
        assert any("ready: " in line for line in printed), "".join(printed)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0
    finally:
        process.kill()


def test_a_pickled_weights_file_is_refused_with_the_cure(robot, tmp_path):
    import torch

    torch.save(released_weights(), tmp_path / "weights.pth")
    words = ("track", "--images", images(tmp_path / "images"), "--weights", tmp_path / "weights.pth")
    done = robot.run("-c", MAIN, *words, "--output", tmp_path / "output")
    assert done.returncode == 2
    assert "which is not installed" in done.stderr
    assert "superpoint-ros convert" in done.stderr


@pytest.mark.parametrize(("words", "says"), [
    (["train", "magicpoint"], "pip install 'superpoint_ros["),
    (["track"], "needs torch, which is not installed"),
])  # fmt: skip
def test_what_needs_torch_says_so_in_one_line(robot, tmp_path, words, says):
    where = ["--run-folder", tmp_path] if words[0] == "train" else ["--output", tmp_path]
    done = robot.run("-c", MAIN, *words, *where)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert says in done.stderr

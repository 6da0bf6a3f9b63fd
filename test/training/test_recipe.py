import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers import recipe
from helpers.seeded import seeded_weights_file

from superpoint_ros.networks.checkpoint import load_checkpoint
from superpoint_ros.training.export import load_trained_state
from superpoint_ros.training.superpoint.adaptation import ImageLabels, label_path, save_labels
from superpoint_ros.training.superpoint.magicpoint import SyntheticBatches
from superpoint_ros.training.superpoint.pairs import PairBatches

SCRIPT = Path(recipe.__file__)


def weights_of(run: Path) -> dict[str, torch.Tensor]:
    return load_trained_state(run / "last.ckpt")


def assert_same_weights(first: Path, second: Path) -> None:
    for name, value in weights_of(first).items():
        torch.testing.assert_close(weights_of(second)[name], value, rtol=0, atol=0, msg=name)


def write_labels(images: Path, labels: Path) -> None:
    for number, path in enumerate(sorted(images.iterdir())):
        xy = np.random.default_rng(number).uniform(0, 60, (40, 2)).astype(np.float32)
        save_labels(label_path(labels, Path(path.name)), ImageLabels(xy, np.full(40, 0.5, np.float32), (64, 80)))


def torchrun(root: Path, processes: int) -> None:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command += [str(SCRIPT), str(root)]
    finished = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240, cwd=root)
    assert finished.returncode == 0, finished.stderr[-3000:]


@pytest.fixture(scope="module")
def magicpoint_run(tmp_path_factory) -> Path:
    run = tmp_path_factory.mktemp("magicpoint")
    assert recipe.magicpoint(run) == 0
    return run


def test_the_recipe_from_nothing_to_weights(magicpoint_run, tmp_path):
    images, labels = tmp_path / "images", tmp_path / "labels"
    recipe.write_images(images)
    assert recipe.label(images, labels, magicpoint_run / "magicpoint.safetensors") == 0
    initial = ("--initial", magicpoint_run / "last.ckpt")
    assert recipe.superpoint(images, labels, tmp_path / "run", None, *initial) == 0
    checkpoint = load_checkpoint(tmp_path / "run" / "superpoint.safetensors")
    assert (checkpoint.layout, checkpoint.descriptor_sampling) == ("superpoint_ros", "exact")
    card = (tmp_path / "run" / "superpoint.md").read_text()
    for text in (checkpoint.sha256, "steps: 4", "seed: 0", "matching_score", "float16"):
        assert text in card
    assert list((tmp_path / "run" / "tensorboard").iterdir())


def test_magicpoint_is_deterministic(magicpoint_run, tmp_path):
    recipe.magicpoint(tmp_path)
    assert_same_weights(magicpoint_run, tmp_path)


@pytest.mark.parametrize("name", ["last.ckpt", "magicpoint.safetensors"])
def test_magicpoint_goes_on_from_weights(magicpoint_run, tmp_path, name):
    more = ("--initial", magicpoint_run / name)
    assert recipe.magicpoint(tmp_path, ["loop.learning_rate=1e-9", "loop.steps=1"], *more) == 0
    start, end = (load_checkpoint(run / "magicpoint.safetensors").weights for run in (magicpoint_run, tmp_path))
    np.testing.assert_allclose(end["convPb.weight"], start["convPb.weight"], atol=1e-3)  # the layer without batch norm


def interrupt_at(patch: pytest.MonkeyPatch, batches: type, last: int) -> None:
    """Make step `last` of a run end as Ctrl-C would."""
    original = batches.__getitem__

    def interrupt(self, step):
        if step == last:
            raise KeyboardInterrupt
        return original(self, step)

    patch.setattr(batches, "__getitem__", interrupt)


def test_an_interrupted_magicpoint_ends_with_the_same_weights(magicpoint_run, tmp_path):
    with pytest.MonkeyPatch.context() as patch:
        interrupt_at(patch, SyntheticBatches, 3)
        assert recipe.magicpoint(tmp_path) == 130
    assert torch.load(tmp_path / "last.ckpt", weights_only=True)["step"] == 2
    recipe.magicpoint(tmp_path)
    assert_same_weights(magicpoint_run, tmp_path)


@pytest.mark.parametrize("changes", [["balance=gradnorm"], ["descriptor_loss=hinge"], ["loop.workers=1"]])
def test_joint_training_is_deterministic(tmp_path, changes):
    images, labels = tmp_path / "images", tmp_path / "labels"
    recipe.write_images(images)
    write_labels(images, labels)
    for run in ("first", "second"):
        recipe.superpoint(images, labels, tmp_path / run, changes)
    assert_same_weights(tmp_path / "first", tmp_path / "second")


def test_an_interrupted_joint_run_ends_with_the_same_weights(tmp_path):
    images, labels = tmp_path / "images", tmp_path / "labels"
    recipe.write_images(images)
    write_labels(images, labels)
    recipe.superpoint(images, labels, tmp_path / "whole", ["balance=gradnorm"])
    with pytest.MonkeyPatch.context() as patch:
        interrupt_at(patch, PairBatches, 3)
        assert recipe.superpoint(images, labels, tmp_path / "parts", ["balance=gradnorm"]) == 130
    recipe.superpoint(images, labels, tmp_path / "parts", ["balance=gradnorm"])
    assert_same_weights(tmp_path / "whole", tmp_path / "parts")


def test_two_processes_train_together(tmp_path):
    recipe.write_images(tmp_path / "images")
    write_labels(tmp_path / "images", tmp_path / "labels")
    torchrun(tmp_path, processes=2)
    state = torch.load(tmp_path / "run" / "last.ckpt", weights_only=True)
    assert state["step"] == 4
    assert state["gradnorm"]["weights"].sum().item() == pytest.approx(2.0)
    assert set(state["validation"]) == {"repeatability", "localization_error", "matching_score", "nn_map"}
    assert load_checkpoint(tmp_path / "run" / "superpoint.safetensors").layout == "superpoint_ros"


@pytest.mark.parametrize("device", ["cuda", "tpu"])
def test_a_device_that_is_not_there_is_named(device, tmp_path, capsys):
    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    words = ("--images", tmp_path, "--labels", tmp_path, "--weights", seeded_weights_file(tmp_path))
    assert recipe.call("label", *words, "--device", device, changes=[]) == 2
    assert f"device '{device}'" in capsys.readouterr().err


def test_what_is_missing_is_named(tmp_path, capsys):
    assert recipe.call("train", "magicpoint", "--run-folder", tmp_path, changes=["batch=0"]) == 2
    assert "batch=0" in capsys.readouterr().err
    recipe.write_images(tmp_path / "images", 3)
    assert recipe.superpoint(tmp_path / "images", tmp_path / "none", tmp_path / "run") == 2
    assert "superpoint-ros label" in capsys.readouterr().err
    broken = tmp_path / "broken.ckpt"
    broken.write_bytes(b"no checkpoint")
    write_labels(tmp_path / "images", tmp_path / "labels")
    arguments = (tmp_path / "images", tmp_path / "labels", tmp_path / "run", None, "--initial", broken)
    assert recipe.superpoint(*arguments) == 2
    assert "broken.ckpt" in capsys.readouterr().err

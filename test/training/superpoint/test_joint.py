from pathlib import Path

import numpy as np
import pytest
import torch
from helpers import recipe
from lightning_fabric import Fabric

from superpoint_ros.networks.checkpoint import load_checkpoint, save_checkpoint
from superpoint_ros.networks.layers import ARCHITECTURES
from superpoint_ros.networks.superpoint import SuperPoint
from superpoint_ros.networks.torch_weights import to_weights
from superpoint_ros.training.export import load_trained_state
from superpoint_ros.training.superpoint import joint
from superpoint_ros.training.superpoint.adaptation import ImageLabels, label_path, save_labels
from superpoint_ros.training.superpoint.batch_norm import SuperPointBN
from superpoint_ros.training.superpoint.images import find_images

ENCODER_AND_HEADS = ("conv4b", "convPb", "convDb")


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> tuple[Path, Path]:
    root = tmp_path_factory.mktemp("joint")
    images, labels = root / "images", root / "labels"
    recipe.write_images(images)
    for number, name in enumerate(find_images(images)):
        xy = np.random.default_rng(number).uniform(0, 60, (40, 2)).astype(np.float32)
        save_labels(label_path(labels, name), ImageLabels(xy, np.full(40, 0.5, np.float32), (64, 80)))
    return images, labels


@pytest.mark.parametrize("held_out", [5, 24])
def test_too_few_images_to_train_and_validate_on_are_named(folders, tmp_path, capsys, held_out):
    assert recipe.superpoint(*folders, tmp_path, [f"validation_images={held_out}"]) == 2
    message = capsys.readouterr().err
    assert "5 labeled images" in message
    assert f"validation_images={held_out}" in message


def test_training_starts_from_a_weights_file(folders, tmp_path):
    torch.manual_seed(3)
    plain = SuperPoint()
    save_checkpoint(tmp_path / "start.safetensors", to_weights(plain))
    changes = ["loop.steps=1", "frozen_layers=2"]
    assert recipe.superpoint(*folders, tmp_path / "run", changes, "--initial", tmp_path / "start.safetensors") == 0
    state = load_trained_state(tmp_path / "run" / "last.ckpt")
    for name in ("conv1a", "conv1b"):
        torch.testing.assert_close(state[f"{name}.weight"], plain.state_dict()[f"{name}.weight"], rtol=0, atol=0)
    moved = (state["conv4b.weight"] - plain.state_dict()["conv4b.weight"]).abs().max()
    assert 0 < moved < 0.01


def test_the_reprojection_distance_moves_detector_and_encoder_alone(folders, tmp_path):
    torch.manual_seed(3)
    plain = SuperPoint()
    save_checkpoint(tmp_path / "start.safetensors", to_weights(plain))
    changes = ["loop.steps=1", "detector_weight=0", "descriptor_weight=0", "reprojection_weight=1"]
    assert recipe.superpoint(*folders, tmp_path / "run", changes, "--initial", tmp_path / "start.safetensors") == 0
    state, before = load_trained_state(tmp_path / "run" / "last.ckpt"), plain.state_dict()
    moved = {
        name: float((state[f"{name}.weight"] - before[f"{name}.weight"]).abs().max()) for name in ENCODER_AND_HEADS
    }
    assert moved["convDb"] == 0.0
    assert moved["convPb"] > 0 < moved["conv4b"]


def write_network(path: Path, architecture: str) -> Path:
    torch.manual_seed(3)
    save_checkpoint(path, to_weights(SuperPoint(ARCHITECTURES[architecture])))
    return path


def test_a_lite_network_learns_from_a_teacher(folders, tmp_path):
    write_network(tmp_path / "teacher.safetensors", "superpoint")
    (tmp_path / "teacher.yaml").write_text("file: teacher.safetensors")
    start = write_network(tmp_path / "start.safetensors", "superpoint_lite")
    changes = ["architecture=superpoint_lite", "distillation_weight=1", "loop.steps=1"]
    changes += ["detector_weight=0", "descriptor_weight=0"]
    more = ("--initial", start, "--teacher", tmp_path / "teacher.yaml")
    assert recipe.superpoint(*folders, tmp_path / "run", changes, *more) == 0
    trained = load_checkpoint(tmp_path / "run" / "superpoint.safetensors").weights
    before = load_checkpoint(start).weights
    assert trained["convDb.weight"].shape == (128, 128, 1, 1)
    for name in ENCODER_AND_HEADS:
        assert np.abs(trained[f"{name}.weight"] - before[f"{name}.weight"]).max() > 0


@pytest.mark.parametrize(("change", "rank"), [("loop.seed=7", 0), ("size=[48, 64]", 0), ("loop.seed=0", 1)])
def test_a_teacher_s_descriptors_are_the_same_in_every_run_and_process(folders, tmp_path, monkeypatch, change, rank):
    write_network(tmp_path / "teacher.safetensors", "superpoint")
    (tmp_path / "teacher.yaml").write_text("file: teacher.safetensors")
    teachers, make_teacher = [], joint.Teacher
    monkeypatch.setattr(joint, "Teacher", lambda *of: teachers.append(make_teacher(*of)) or teachers[-1])
    changes = ["architecture=superpoint_lite", "distillation_weight=1", "loop.steps=1", "loop.validate_every=0"]
    more = ("--teacher", tmp_path / "teacher.yaml")
    assert recipe.superpoint(*folders, tmp_path / "first", changes, *more) == 0
    monkeypatch.setattr(Fabric, "global_rank", rank)
    assert recipe.superpoint(*folders, tmp_path / "second", [*changes, change], *more) == 0
    views = torch.rand(2, 1, 32, 40, generator=torch.Generator().manual_seed(1))
    (_, first), (_, second) = (teacher(views) for teacher in teachers)
    torch.testing.assert_close(first, second, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("weight", "more", "says"),
    [(1.0, (), "distillation_weight=1.0 without a teacher"), (0.0, ("--teacher", "superpoint"), "0.0 with a teacher")],
)
def test_a_teacher_and_its_weight_go_together(folders, tmp_path, capsys, weight, more, says):
    assert recipe.superpoint(*folders, tmp_path / "run", [f"distillation_weight={weight}"], *more) == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize("suffix", [".safetensors", ".ckpt"])
def test_initial_weights_of_another_architecture_are_named(folders, tmp_path, capsys, suffix):
    start = write_network(tmp_path / "start.safetensors", "superpoint_lite")
    if suffix == ".ckpt":
        torch.save({"model": SuperPointBN(ARCHITECTURES["superpoint_lite"]).state_dict()}, tmp_path / "start.ckpt")
    start = start.with_suffix(suffix)
    assert recipe.superpoint(*folders, tmp_path / "run", None, "--initial", start) == 2
    message = capsys.readouterr().err
    assert start.name in message
    assert "not of the architecture that is trained" in message


def test_an_initial_file_that_is_no_network_is_named(folders, tmp_path, capsys):
    (tmp_path / "wrong.safetensors").write_bytes(b"nothing")
    assert recipe.superpoint(*folders, tmp_path / "run", None, "--initial", tmp_path / "wrong.safetensors") == 2
    assert "wrong.safetensors" in capsys.readouterr().err

"""Training the densifier: the recipe at toy size."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from helpers import recipe

from superpoint_ros.inference.densifier import Densifier
from superpoint_ros.networks.d3 import D3
from superpoint_ros.networks.d3_checkpoint import load_d3
from superpoint_ros.training.depth.config import RenderConfig
from superpoint_ros.training.depth.initial import unfold_batch_norm
from superpoint_ros.training.depth.renders import render_scenes

TINY = [
    "size=[32, 32]", "batch=2", "validation_images=2", "density_range=[0.01, 0.05]",
    "render.num_scenes=2", "render.views=2", "render.size=[32, 48]", "render.processes=1", *recipe.TINY_LOOP,
]  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("depth")
    assert train(folder, []) == 0
    return folder


def train(folder, changes: list[str], *words: object) -> int:
    return recipe.call("train", "depth", "--run-folder", folder, "--device", "cpu", *words, changes=[*TINY, *changes])


def test_the_recipe_from_nothing_to_a_densifier(run):
    dense = Densifier(run / "d3.safetensors", device="cpu").densify(*example())
    assert torch.isfinite(torch.from_numpy(dense.depth)).all()
    card = (run / "d3.md").read_text()
    for text in ("rooms and streets", "steps: 4", "num_scenes: 2", "ratio_0.01", "float16"):
        assert text in card


def example():
    image = torch.randint(0, 256, (40, 50, 3), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    sparse = torch.zeros(40, 50)
    sparse[10, 10], sparse[30, 40] = 2.0, 3.0
    return image.numpy(), sparse.numpy()


def test_a_run_goes_on_where_it_was(run, tmp_path):
    train(tmp_path, ["loop.steps=2"], "--data", run / "renders")
    first = torch.load(tmp_path / "last.ckpt", weights_only=True)
    train(tmp_path, ["loop.steps=3"], "--data", run / "renders")
    second = torch.load(tmp_path / "last.ckpt", weights_only=True)
    assert (first["step"], second["step"]) == (2, 3)
    batches = "stem.1.num_batches_tracked"
    assert (int(first["model"][batches]), int(second["model"][batches])) == (2, 3)


@pytest.mark.parametrize("name", ["last.ckpt", "d3.safetensors"])
def test_a_run_starts_from_weights(run, tmp_path, name):
    changes = ["loop.learning_rate=1e-9", "loop.steps=1", "edge_weight=3"]
    assert train(tmp_path, changes, "--data", run / "renders", "--initial", run / name) == 0
    heads = [load_d3(folder / "d3.safetensors").weights["head.weight"] for folder in (run, tmp_path)]
    np.testing.assert_allclose(*heads, atol=1e-3)


def test_weights_of_another_network_are_named(run, tmp_path, capsys):
    start = tmp_path / "start.ckpt"
    torch.save({"model": {"conv1a.weight": torch.zeros(1)}}, start)
    assert train(tmp_path / "run", [], "--data", run / "renders", "--initial", start) == 2
    assert "start.ckpt' is not the checkpoint of a training run of D3" in capsys.readouterr().err


def test_batch_norm_is_put_back_and_changes_nothing():
    generator = torch.Generator().manual_seed(0)
    rgb, hints = torch.rand(2, 3, 64, 64, generator=generator), torch.rand(2, 4, 64, 64, generator=generator)
    plain, network = D3(batch_norm=False).eval(), D3()
    torch.nn.init.normal_(plain.head.weight, std=0.1, generator=generator)
    unfold_batch_norm(network, plain, rgb, hints)
    with torch.no_grad():
        for one, other in zip(network.eval()(rgb, hints), plain(rgb, hints), strict=True):
            torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


def test_both_losses_can_be_balanced_by_gradnorm(run, tmp_path):
    assert train(tmp_path, ["balance=gradnorm"], "--data", run / "renders") == 0


def test_scenes_are_rendered_once(run):
    before = {path: path.stat().st_mtime_ns for path in (run / "renders").rglob("*.png")}
    assert len(before) == 8
    render_scenes(run / "renders", RenderConfig(num_scenes=2, views=2, size=(32, 48), processes=1))
    assert {path: path.stat().st_mtime_ns for path in (run / "renders").rglob("*.png")} == before


def test_photographs_stand_for_drawn_textures(run, tmp_path):
    """The same scenes: other pixels, the same depth."""
    cv2.imwrite(str(tmp_path / "photograph.png"), np.full((20, 20, 3), (0, 0, 255), np.uint8))
    config = RenderConfig(
        num_scenes=2, views=2, size=(32, 48), processes=1, photographs=str(tmp_path), photograph_share=1.0
    )
    render_scenes(tmp_path / "renders", config)
    for drawn in (run / "renders").rglob("rgb/*.png"):
        photographed = tmp_path / "renders" / drawn.relative_to(run / "renders")
        image = cv2.imread(str(photographed))
        assert 10 * image[..., :2].mean() < image[..., 2].mean() > 10
        depths = [path.parents[1] / "depth" / path.name for path in (drawn, photographed)]
        assert depths[0].read_bytes() == depths[1].read_bytes()


def test_a_folder_without_photographs_is_refused(tmp_path, capsys):
    assert train(tmp_path / "run", [f"render.photographs={tmp_path}"]) == 2
    assert "has no images" in capsys.readouterr().err

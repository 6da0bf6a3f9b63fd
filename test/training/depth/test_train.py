"""Training the densifier: losses by hand, and the recipe at toy size."""

from __future__ import annotations

import math

import pytest
import torch
from helpers import recipe

from superpoint_ros.inference.densifier import Densifier
from superpoint_ros.networks.d3 import LOG_SPREAD_RANGE
from superpoint_ros.training.depth.renders import render_places
from superpoint_ros.training.depth.train import confidence_loss, depth_loss

NAN, INFINITY = float("nan"), float("inf")
TINY = [
    "size=[32, 32]", "batch=2", "validation_images=2", "share=[0.01, 0.05]", "render.places=2", "render.views=2",
    "render.size=[32, 48]", "render.processes=1", *recipe.TINY_LOOP,
]  # fmt: skip


def plane(*values: float) -> torch.Tensor:
    return torch.tensor(values).view(1, 1, 1, -1)


def test_depth_loss_is_the_error_relative_to_that_of_an_untrained_network():
    truth, start = plane(0.0, 1.0, NAN, INFINITY), plane(0.2, 0.6, 0.0, 0.0)
    assert depth_loss(start, start, truth).item() == pytest.approx(1.0)
    assert depth_loss(plane(0.1, 0.8, 9.0, 9.0), start, truth).item() == pytest.approx(0.5)
    assert depth_loss(plane(0.01, 0.0), plane(0.0, 0.0), plane(0.0, 0.0)).item() == pytest.approx(0.25)


def test_images_count_alike_in_the_depth_loss():
    truth, start = torch.zeros(2, 1, 1, 4), torch.tensor([0.1, 1.0]).view(2, 1, 1, 1).expand(2, 1, 1, 4)
    assert depth_loss(start * torch.tensor([2.0, 1.0]).view(2, 1, 1, 1), start, truth).item() == pytest.approx(1.5)


def test_confidence_loss_is_least_at_the_mean_error():
    generator = torch.Generator().manual_seed(0)
    errors = torch.empty(1, 1, 100, 100).exponential_(1 / 0.07, generator=generator)
    spreads = [0.03, 0.05, 0.07, 0.1, 0.2]
    losses = [confidence_loss(errors, torch.full_like(errors, math.log(b)), torch.zeros_like(errors)) for b in spreads]
    assert int(torch.stack(losses).argmin()) == 2
    assert losses[2].item() == pytest.approx(1 + math.log(0.07) - LOG_SPREAD_RANGE[0], abs=0.05)


def test_unknown_truth_does_not_count_and_unreachable_truth_calls_for_doubt():
    spread = plane(-2.0, -2.0, -2.0).requires_grad_()
    confidence_loss(plane(0.0, 5.0, 0.0), spread, plane(NAN, NAN, INFINITY)).backward()
    assert spread.grad.flatten()[:2].tolist() == [0.0, 0.0]
    assert spread.grad.flatten()[2] < 0


def test_the_confidence_loss_leaves_the_depth_alone():
    depth, spread = plane(0.3).requires_grad_(), plane(-2.0).requires_grad_()
    confidence_loss(depth, spread, plane(0.0)).backward()
    assert depth.grad is None


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("depth")
    assert train(folder, []) == 0
    return folder


def train(folder, changes: list[str], *words: object) -> int:
    return recipe.call(
        "train", "depth", "--run-folder", folder, "--accelerator", "cpu", *words, changes=[*TINY, *changes]
    )


def test_the_recipe_from_nothing_to_a_densifier(run):
    dense = Densifier(run / "d3.safetensors", device="cpu").densify(*example())
    assert torch.isfinite(torch.from_numpy(dense.depth)).all()
    card = (run / "d3.md").read_text()
    for text in ("rooms and streets", "steps: 4", "places: 2", "ratio_0.01", "float16"):
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


def test_both_losses_can_be_balanced_by_gradnorm(run, tmp_path):
    assert train(tmp_path, ["balance=gradnorm"], "--data", run / "renders") == 0


def test_places_are_rendered_once(run):
    before = {path: path.stat().st_mtime_ns for path in (run / "renders").rglob("*.png")}
    assert len(before) == 8
    render_places(run / "renders", 2, 2, (32, 48), 1, 1)
    assert {path: path.stat().st_mtime_ns for path in (run / "renders").rglob("*.png")} == before

"""A teacher's answers, its descriptors in fewer dimensions, and the loss against both."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from superpoint_ros.core.errors import ParameterError
from superpoint_ros.inference.models import ModelSpec
from superpoint_ros.networks.checkpoint import save_checkpoint
from superpoint_ros.networks.layers import ARCHITECTURES
from superpoint_ros.networks.superpoint import SuperPoint
from superpoint_ros.networks.torch_weights import to_weights

pytest.importorskip("openvino", reason="OpenVINO is not installed")
from superpoint_ros.training.superpoint.distillation import Teacher, distillation_loss, principal_directions

LITE = ARCHITECTURES["superpoint_lite"]
VALID = torch.ones(1, 2, 3, dtype=torch.bool)


@pytest.fixture
def lite(tmp_path) -> tuple[ModelSpec, SuperPoint]:
    torch.manual_seed(4)
    network = SuperPoint(LITE).eval()
    save_checkpoint(tmp_path / "lite.safetensors", to_weights(network))
    return ModelSpec("lite", tmp_path / "lite.safetensors"), network


def answers(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(1, 65, 2, 3, generator=generator)
    return logits, torch.nn.functional.normalize(torch.randn(1, 16, 2, 3, generator=generator), dim=1)


def test_a_teacher_answers_as_its_network_does(lite):
    model, network = lite
    views = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (2, 1, 32, 40))).float() / 255
    probability, descriptors = Teacher(model, 128)(views)
    with torch.no_grad():
        logits, expected = network(views)
    torch.testing.assert_close(probability, logits.softmax(dim=1), atol=1e-4, rtol=1e-3)
    # All dimensions are kept, in another basis: similarities stay.
    flat, expected = descriptors.flatten(2), expected.flatten(2)
    torch.testing.assert_close(flat[0].T @ flat[1], expected[0].T @ expected[1], atol=1e-3, rtol=0)


def test_a_student_cannot_have_larger_descriptors(lite):
    with pytest.raises(ParameterError, match="128 values, the student's 256"):
        Teacher(lite[0], 256)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), rank=st.integers(1, 8))
def test_similarities_survive_where_the_dimensions_suffice(seed, rank):
    generator = torch.Generator().manual_seed(seed)
    vectors = torch.randn(50, rank, generator=generator) @ torch.randn(rank, 20, generator=generator)
    directions = principal_directions(vectors, 8)
    torch.testing.assert_close(directions.T @ directions, torch.eye(8), atol=1e-4, rtol=0)
    projected = vectors @ directions
    torch.testing.assert_close(projected @ projected.T, vectors @ vectors.T, atol=1e-2, rtol=1e-3)


def test_directions_have_one_sign():
    vectors = torch.randn(50, 20, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    directions = principal_directions(vectors, 8)
    assert (directions.abs().amax(dim=0) == directions.amax(dim=0)).all()
    torch.testing.assert_close(principal_directions(-vectors.flip(0), 8), directions)


def test_nothing_is_better_than_the_teachers_answers():
    logits, descriptors = answers(1)
    teacher = logits.softmax(dim=1), descriptors
    student = logits.clone().requires_grad_()
    own = distillation_loss(student, descriptors, *teacher, VALID, 3.0)
    own.backward()
    torch.testing.assert_close(student.grad, torch.zeros_like(logits), atol=1e-6, rtol=0)
    for other in map(answers, range(2, 6)):
        assert distillation_loss(*other, *teacher, VALID, 3.0) > own


def test_cells_without_image_do_not_count():
    (logits, descriptors), (other, target) = answers(1), answers(2)
    valid = VALID.clone()
    valid[0, 1, 2] = False
    changed = logits.clone()
    changed[0, :, 1, 2] += torch.arange(65.0)
    teacher = other.softmax(dim=1), target
    first, second = (distillation_loss(one, descriptors, *teacher, valid, 3.0) for one in (logits, changed))
    assert first == second


def test_sure_corners_weigh_more():
    logits, descriptors = torch.zeros(1, 65, 1, 2), torch.ones(1, 1, 1, 2)
    logits[0, 3, 0, 0] = 5.0  # the student is right about the corner of the first cell, wrong about the second
    probability = torch.zeros(1, 65, 1, 2)
    probability[0, 3, 0, 0] = probability[0, 64, 0, 1] = 1.0
    valid = torch.ones(1, 1, 2, dtype=torch.bool)
    losses = [distillation_loss(logits, descriptors, probability, descriptors, valid, weight) for weight in (1.0, 9.0)]
    right, wrong = -logits.log_softmax(dim=1)[0, 3, 0, 0], -logits.log_softmax(dim=1)[0, 64, 0, 1]
    torch.testing.assert_close(losses[0], (right + wrong) / 2)
    torch.testing.assert_close(losses[1], (9 * right + wrong) / 10)

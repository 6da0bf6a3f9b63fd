import numpy as np
import pytest
import torch
from toy_problem import METHODS, ToyOptions, run_toy

from superpoint_ros.training.gradnorm import GradNorm


def losses_of(shared: torch.Tensor, scales: list[float]) -> list[torch.Tensor]:
    return [scale * (shared**2).sum() for scale in scales]


def test_gradient_norms_by_hand():
    shared = torch.tensor([3.0, 4.0], requires_grad=True)
    norms = GradNorm(2, alpha=1.0).gradient_norms(losses_of(shared, [1.0, 0.5]), shared)
    torch.testing.assert_close(norms, torch.tensor([10.0, 5.0]))


def test_gradient_loss_by_hand():
    balance = GradNorm(2, alpha=2.0, initial_losses=[4.0, 4.0])
    # ratios 1 and 0.5 have mean 0.75, so r = 4/3 and 2/3; the mean norm is 3, the targets 3 r^2 = 16/3 and 4/3
    loss = balance.gradient_loss(torch.tensor([2.0, 4.0]), torch.tensor([4.0, 2.0]))
    assert loss.item() == pytest.approx(abs(2 - 16 / 3) + abs(4 - 4 / 3))
    loss.backward()
    torch.testing.assert_close(balance.weights.grad, torch.tensor([-2.0, 4.0]))


def test_the_slower_task_gains_weight():
    shared = torch.ones(3, requires_grad=True)
    balance = GradNorm(2, alpha=1.5, initial_losses=[3.0, 30.0])
    for _ in range(5):
        balance.update(losses_of(shared, [1.0, 1.0]), shared)
    weights = balance.weights.detach()
    assert weights[0] > 1.0 > weights[1]
    assert weights.sum().item() == pytest.approx(2.0)


def test_equal_rates_even_out_the_gradient_norms():
    shared = torch.ones(4, requires_grad=True)
    scales = [1.0, 3.0]
    balance = GradNorm(2, alpha=0.12)
    for _ in range(400):
        balance.update(losses_of(shared, scales), shared)
    weighted = balance.weights.detach() * balance.gradient_norms(losses_of(shared, scales), shared)
    assert weighted[0].item() == pytest.approx(weighted[1].item(), rel=0.1)


def test_weights_stay_positive_and_sum_to_the_number_of_tasks():
    shared = torch.ones(2, requires_grad=True)
    balance = GradNorm(3, alpha=1.0, learning_rate=0.5)
    for _ in range(50):
        balance.update(losses_of(shared, [1e-3, 1.0, 1e3]), shared)
    assert balance.weights.min() > 0.0
    assert balance.weights.sum().item() == pytest.approx(3.0, rel=1e-5)


def test_the_network_gets_the_weighted_sum():
    shared = torch.tensor([1.0], requires_grad=True)
    balance = GradNorm(2, alpha=1.0)
    with torch.no_grad():
        balance.weights.copy_(torch.tensor([0.5, 1.5]))
    balance.total(losses_of(shared, [1.0, 2.0])).backward()
    assert shared.grad.item() == pytest.approx(2 * (0.5 * 1 + 1.5 * 2))
    assert balance.weights.grad is None


def test_it_goes_on_from_its_state():
    shared = torch.ones(2, requires_grad=True)
    first, second = GradNorm(2, alpha=1.0), GradNorm(2, alpha=1.0)
    first.update(losses_of(shared, [1.0, 5.0]), shared)
    second.load_state_dict(first.state_dict())
    for balance in (first, second):
        balance.update(losses_of(shared, [2.0, 5.0]), shared)
    torch.testing.assert_close(first.weights, second.weights, rtol=0, atol=0)


@pytest.mark.parametrize("scales", [(1.0, 100.0), tuple(np.geomspace(1, 100, 10).tolist())])
def test_on_the_toy_problem_it_ends_below_equal_weights(scales):
    options = ToyOptions(scales=scales, steps=120, batch=50)
    equal, gradnorm = (run_toy(method, options, points=3) for method in ("equal", "gradnorm"))
    assert gradnorm.loss[-1] < equal.loss[-1]
    assert gradnorm.weights[-1, 0] > gradnorm.weights[-1, -1]


@pytest.mark.parametrize("method", METHODS)
def test_a_toy_run_is_deterministic(method):
    options = ToyOptions(steps=4, batch=8, seed=3)
    np.testing.assert_array_equal(run_toy(method, options, 2).loss, run_toy(method, options, 2).loss)


def test_an_unknown_method_is_named():
    with pytest.raises(ValueError, match="'magic'"):
        run_toy("magic", ToyOptions(steps=1))

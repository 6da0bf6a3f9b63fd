"""The toy problem of the GradNorm paper (ICML 2018, section 4): regressions that differ only in their scale.

f_i(x) = sigma_i tanh((B + eps_i) x), x in R^250, f_i in R^100, B ~ N(0, 10), eps_i ~ N(0, 3.5) (variances); a trunk of
four ReLU layers of 100 units and one affine layer per task. What counts is the sum over tasks of L_i(t) / L_i(0) on
held-out inputs. The inputs' distribution is not in the paper; here it is the standard normal.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import trange

from superpoint_ros.training.gradnorm import GradNorm

INPUTS, OUTPUTS, UNITS = 250, 100, 100
METHODS = ("equal", "uncertainty", "gradnorm")


@dataclass(frozen=True)
class ToyOptions:
    """Attributes:
    scales: sigma of each task.
    alpha: of GradNorm; the paper's for this problem.
    steps, batch, learning_rate: of the network (Adam).
    seed: of problem, network and inputs.
    """

    scales: tuple[float, ...] = (1.0, 100.0)
    alpha: float = 0.12
    steps: int = 4000
    batch: int = 100
    learning_rate: float = 1e-3
    seed: int = 0


@dataclass(frozen=True)
class ToyCurve:
    """Attributes:
    step: int (P,), when it was measured.
    loss: float (P,), sum over tasks of L_i(t) / L_i(0) on held-out inputs.
    weights: float (P, tasks), the tasks' weights then.
    """

    step: np.ndarray
    loss: np.ndarray
    weights: np.ndarray


class ToyProblem:
    """The tasks' true functions."""

    def __init__(self, scales: tuple[float, ...], generator: torch.Generator):
        tasks = len(scales)
        common = math.sqrt(10.0) * torch.randn((OUTPUTS, INPUTS), generator=generator)
        own = math.sqrt(3.5) * torch.randn((tasks, OUTPUTS, INPUTS), generator=generator)
        self._matrices = common + own
        self._scales = torch.tensor(scales)[:, None, None]

    def targets(self, inputs: Tensor) -> Tensor:
        """Inputs (N, 250) -> (tasks, N, 100)."""
        return self._scales * torch.tanh(inputs @ self._matrices.mT)


class ToyNetwork(nn.Module):
    """Shared trunk, one affine layer per task."""

    def __init__(self, tasks: int):
        super().__init__()
        widths = [INPUTS, UNITS, UNITS, UNITS, UNITS]
        layers = [nn.Sequential(nn.Linear(a, b), nn.ReLU()) for a, b in pairwise(widths)]
        self.trunk = nn.Sequential(*layers)
        self.heads = nn.ModuleList(nn.Linear(UNITS, OUTPUTS) for _ in range(tasks))

    def forward(self, inputs: Tensor) -> Tensor:
        """(N, 250) -> (tasks, N, 100)."""
        shared = self.trunk(inputs)
        return torch.stack([head(shared) for head in self.heads])

    @property
    def last_shared(self) -> Tensor:
        """Weight of the trunk's last layer."""
        return self.get_parameter("trunk.3.0.weight")


class _Balance:
    """One way to weigh the tasks' losses."""

    def __init__(self, method: str, tasks: int, options: ToyOptions):
        if method not in METHODS:
            raise ValueError(f"method={method!r} is not one of {', '.join(METHODS)}")
        self.method = method
        self.gradnorm = GradNorm(tasks, options.alpha, learning_rate=0.025)
        self.log_variance = torch.zeros(tasks, requires_grad=True)

    def parameters(self) -> list[Tensor]:
        return [self.log_variance] if self.method == "uncertainty" else []

    def total(self, losses: Tensor, shared: Tensor) -> Tensor:
        if self.method == "equal":
            return losses.sum()
        if self.method == "uncertainty":  # Kendall et al., CVPR 2018, equation 7
            return (0.5 * torch.exp(-self.log_variance) * losses + 0.5 * self.log_variance).sum()
        self.gradnorm.update(list(losses), shared)
        return self.gradnorm.total(list(losses))

    def weights(self) -> Tensor:
        if self.method == "equal":
            return torch.ones_like(self.log_variance)
        if self.method == "uncertainty":
            return 0.5 * torch.exp(-self.log_variance.detach())
        return self.gradnorm.weights.detach().clone()


def run_toy(method: str, options: ToyOptions, points: int = 100) -> ToyCurve:
    """Train the toy network with one of METHODS and measure it `points` times."""
    generator = torch.Generator().manual_seed(options.seed)
    problem = ToyProblem(options.scales, generator)
    held_out = torch.randn((1000, INPUTS), generator=generator)
    with torch.random.fork_rng():
        torch.manual_seed(options.seed)
        network = ToyNetwork(len(options.scales))
    balance = _Balance(method, len(options.scales), options)
    optimizer = torch.optim.Adam([*network.parameters(), *balance.parameters()], lr=options.learning_rate)
    first = _task_losses(network, problem, held_out).detach()
    every = max(1, options.steps // points)
    measured = []
    for step in trange(options.steps, desc=method, leave=False):
        inputs = torch.randn((options.batch, INPUTS), generator=generator)
        losses = _task_losses(network, problem, inputs)
        total = balance.total(losses, network.last_shared)
        optimizer.zero_grad()
        total.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        if (step + 1) % every == 0:
            with torch.no_grad():
                ratio = (_task_losses(network, problem, held_out) / first).sum()
            measured.append((step + 1, float(ratio), balance.weights().numpy()))
    steps, loss, weights = zip(*measured, strict=True)
    return ToyCurve(np.array(steps), np.array(loss), np.array(weights))


def _task_losses(network: ToyNetwork, problem: ToyProblem, inputs: Tensor) -> Tensor:
    """Mean squared error per task (tasks,)."""
    losses: Tensor = ((network(inputs) - problem.targets(inputs)) ** 2).mean(dim=(1, 2))
    return losses

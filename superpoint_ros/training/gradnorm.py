"""GradNorm: weights of several losses that make the tasks train at similar rates.

Chen et al., "GradNorm: Gradient Normalization for Adaptive Loss Balancing in Deep Multitask Networks", ICML 2018
(arXiv 1711.02257), algorithm 1.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

MIN_WEIGHT = 1e-4  # a weight stays positive


class GradNorm:
    """Keep one weight per task, their sum being the number of tasks.

    Args:
        tasks: Number of tasks.
        alpha: Strength of the pull towards equal training rates.
        learning_rate: Learning rate of the weights (Adam).
        initial_losses: L_i(0) per task, or None to take those of the first update. Where the first losses depend on
            a lucky start, the paper advises the theoretical ones, such as log(C) for cross-entropy over C classes.
        device: Device of the weights.
        reduce: Averages a tensor over the processes that train together.
    """

    def __init__(
        self,
        tasks: int,
        alpha: float,
        learning_rate: float = 0.025,
        initial_losses: Sequence[float] | None = None,
        device: torch.device | str = "cpu",
        reduce: Callable[[Tensor], Tensor] = lambda value: value,
    ):
        self.alpha = alpha
        self.reduce = reduce
        self.weights = torch.ones(tasks, device=device, requires_grad=True)
        self.initial = None if initial_losses is None else torch.tensor(initial_losses, device=device)
        self._optimizer = torch.optim.Adam([self.weights], lr=learning_rate)

    def total(self, losses: Sequence[Tensor]) -> Tensor:
        """Return sum_i w_i L_i, for the network's own gradient."""
        return (self.weights.detach() * torch.stack(list(losses))).sum()

    def gradient_norms(self, losses: Sequence[Tensor], shared: Tensor) -> Tensor:
        """Return ||grad_W L_i|| of the unweighted losses, W being the last shared layer's weight: (tasks,)."""
        gradients = [torch.autograd.grad(loss, shared, retain_graph=True)[0] for loss in losses]
        return self.reduce(torch.stack([gradient.float().norm() for gradient in gradients]))

    def update(self, losses: Sequence[Tensor], shared: Tensor) -> None:
        """Take one step of the weights, before the network's own step; the losses' graph is kept."""
        norms = self.gradient_norms(losses, shared)
        values = self.reduce(torch.stack([loss.detach().float() for loss in losses]))
        if self.initial is None:
            self.initial = values
        gradient_loss = self.gradient_loss(norms, values)
        self._optimizer.zero_grad()
        gradient_loss.backward()  # type: ignore[no-untyped-call]
        self._optimizer.step()
        with torch.no_grad():
            self.weights.clamp_(min=MIN_WEIGHT)
            self.weights.mul_(len(self.weights) / self.weights.sum())

    def gradient_loss(self, norms: Tensor, values: Tensor) -> Tensor:
        """Return sum_i |G_i - mean(G) r_i^alpha| with G_i = w_i norm_i, the target held constant (equation 2)."""
        assert self.initial is not None
        weighted = self.weights * norms
        ratio = values / self.initial
        target = weighted.mean() * (ratio / ratio.mean()) ** self.alpha
        return (weighted - target.detach()).abs().sum()

    def state_dict(self) -> dict[str, Any]:
        """Copy all that is needed to go on."""
        state = {"weights": self.weights.detach(), "initial": self.initial, "optimizer": self._optimizer.state_dict()}
        return copy.deepcopy(state)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state_dict."""
        with torch.no_grad():
            self.weights.copy_(state["weights"])
        self.initial = state["initial"]
        self._optimizer.load_state_dict(state["optimizer"])

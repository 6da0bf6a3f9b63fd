"""Between the arrays of weights files and PyTorch's networks."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import torch
from torch import nn

from superpoint_ros.networks.weights_file import Weights

Network = TypeVar("Network", bound=nn.Module)


def with_weights(network: Network, weights: Weights) -> Network:
    """Put weights into a network, by name; return it, in evaluation mode."""
    network.load_state_dict({name: torch.from_numpy(array.copy()) for name, array in weights.items()})
    return network.eval().requires_grad_(False)


def to_weights(network: nn.Module, dtype: torch.dtype = torch.float32) -> dict[str, np.ndarray]:
    """Copy a network's tensors to arrays of a type, by name."""
    return {name: tensor.detach().to("cpu", dtype).numpy() for name, tensor in network.state_dict().items()}

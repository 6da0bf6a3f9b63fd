"""The deep depth densification network (D3), with a second output that says how sure it is.

Chen, Badrinarayanan, Drozdov, Rabinovich, "Estimating Depth from RGB and Sparse Sensing", ECCV 2018
(arXiv 1804.02771), figures 3 and 4. Differences: depth is handled as its logarithm, relative to the median sample,
so that scaled depth gives the same network input; beside S1 and S2 it sees two classical fills (see
core/depth_hints.py), chooses between them at every pixel, and the residual is over that choice; it is scaled down near
samples, where little is to be corrected; what results is propagated between neighbors (see `propagate`), which makes
edges sharp; blocks that shrink do so in their first convolution, which costs a quarter;
the last convolution feeds a pixel shuffle; and there is the second output.
"""

from __future__ import annotations

import copy

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from superpoint_ros.networks.d3_layers import (
    GROWING,
    GROWTH,
    HINTS,
    LAYERS,
    LOG_SPREAD_RANGE,
    NEIGHBORHOOD,
    OUTPUTS,
    PROPAGATIONS,
    REACH,
    SHRINKING,
    SKIPS,
    WIDTH,
)  # fmt: skip
from superpoint_ros.networks.torch_weights import with_weights
from superpoint_ros.networks.weights_file import Weights

# What an untrained network says: of the spread, and of the affinities with a pixel's neighbors and with itself.
FIRST_LOG_SPREAD = -3.0
FIRST_AFFINITIES = [-4.0] * 4 + [0.0] + [-4.0] * 4


class ConvUnit(nn.Sequential):
    """Convolve, normalize the batch (while it is trained), and apply ReLU."""

    def __init__(self, channels_in: int, channels_out: int, kernel: int, stride: int = 1, *, batch_norm: bool = True):
        super().__init__(nn.Conv2d(channels_in, channels_out, kernel, stride, kernel // 2, bias=not batch_norm))
        if batch_norm:
            self.append(nn.BatchNorm2d(channels_out))
        self.append(nn.ReLU(inplace=True))


class D3Block(nn.Module):
    """Apply a 3x3 convolution, densely connected layers that also see the hints, and a 3x3 convolution (figure 4).

    Args:
        batch_norm: Whether convolutions are followed by batch norm.
        stride: Stride of the first convolution; 2 = the output has half the size of the input.
        grow: Whether the output has twice the size of the input.
    """

    def __init__(self, *, batch_norm: bool, stride: int = 1, grow: bool = False):
        super().__init__()
        self.enter = ConvUnit(WIDTH, WIDTH, 3, stride, batch_norm=batch_norm)
        self.layers = nn.ModuleList(
            nn.Sequential(
                ConvUnit(WIDTH + HINTS + GROWTH * index, 4 * GROWTH, 1, batch_norm=batch_norm),
                ConvUnit(4 * GROWTH, GROWTH, 3, batch_norm=batch_norm),
            )
            for index in range(LAYERS)
        )
        self.leave = ConvUnit(GROWTH * LAYERS, WIDTH, 3, batch_norm=batch_norm)
        self.grow = grow

    def forward(self, x: Tensor, hints: dict[int, Tensor]) -> Tensor:
        """Map (B, 64, h, w), with the hints by width, to (B, 64, h', w')."""
        entered = self.enter(x)
        seen = torch.cat([entered, hints[entered.shape[3]].to(entered.dtype)], dim=1)
        for layer in self.layers:
            seen = torch.cat([seen, layer(seen)], dim=1)
        new = seen[:, -GROWTH * LAYERS :]
        if self.grow:
            new = F.interpolate(new, scale_factor=2.0, mode="nearest")
        left: Tensor = self.leave(new)
        return left


class D3(nn.Module):
    """Densify depth: encoder to 1/32 of the size, two bottleneck blocks, decoder.

    Skips at 1/4, 1/8 and 1/16 go through blocks of their own and are added; there are 13 D3 blocks in all.

    Args:
        batch_norm: Whether there is batch norm, as in training; bundled weights have none, see without_batch_norm.
    """

    def __init__(self, *, batch_norm: bool = True):
        super().__init__()
        self.stem = ConvUnit(3 + HINTS, WIDTH, 3, 2, batch_norm=batch_norm)
        for name in SHRINKING:
            self.add_module(name, D3Block(batch_norm=batch_norm, stride=2))
        self.bottleneck = nn.ModuleList(D3Block(batch_norm=batch_norm) for _ in range(2))
        for name in GROWING:
            self.add_module(name, D3Block(batch_norm=batch_norm, grow=True))
        for skip, _ in SKIPS.values():
            self.add_module(skip, D3Block(batch_norm=batch_norm))
        self.head = nn.Conv2d(WIDTH, OUTPUTS * 4, 3, padding=1)
        nn.init.zeros_(self.head.weight)
        with torch.no_grad():
            first = torch.tensor([0.0, 0.0, FIRST_LOG_SPREAD, *FIRST_AFFINITIES])
            self.head.get_parameter("bias").copy_(first.repeat_interleave(4))

    @classmethod
    def from_weights(cls, weights: Weights) -> D3:
        """Make a network of a checkpoint's weights, in evaluation mode, float32, on the CPU."""
        return with_weights(cls(batch_norm=False), weights)

    def forward(self, rgb: Tensor, hints: Tensor) -> tuple[Tensor, Tensor]:
        """Densify a batch; sides must be multiples of 32.

        Args:
            rgb: Images, float (B, 3, H, W) in [0, 1].
            hints: Maps (B, 4, H, W), float, of core/depth_hints.py.

        Returns:
            Log depth over the hints' scale, float32 (B, 1, H, W); log of the spread b of its error, float32
            (B, 1, H, W): the error of log depth is taken to be Laplace-distributed with density exp(-|e| / b) / 2b.
        """
        planes, average, nearest, distance = torch.split(hints, 1, dim=1)
        seen = torch.cat([planes, average, nearest, distance.sqrt() / 8.0], dim=1)
        by_width = {seen.shape[3] // factor: F.avg_pool2d(seen, factor) for factor in (2, 4, 8, 16, 32)}
        x = self.stem(torch.cat([(rgb - 0.45) * 4.0, seen], dim=1).contiguous(memory_format=torch.channels_last))
        # Encode, remembering what the skips take.
        passed = {}
        for name in SHRINKING:
            x = passed[name] = self.get_submodule(name)(x, by_width)
        for block in self.bottleneck:
            x = block(x, by_width)
        # Decode, adding the skips.
        for name in GROWING:
            x = self.get_submodule(name)(x, by_width)
            if name in SKIPS:
                skip, source = SKIPS[name]
                x = x + self.get_submodule(skip)(passed[source], by_width)
        # Choose between the two fills at every pixel, and add a residual that shrinks near samples.
        maps = F.pixel_shuffle(self.head(x).float(), 2)
        choice, residual, log_spread, affinities = torch.split(maps, [1, 1, 1, NEIGHBORHOOD], dim=1)
        chosen = planes + torch.sigmoid(choice) * (average - planes)
        reach = (distance + 1.0) / (distance + REACH)
        return propagate(chosen + reach * residual, affinities), log_spread.clamp(*LOG_SPREAD_RANGE)


def propagate(log_depth: Tensor, affinities: Tensor) -> Tensor:
    """Replace every pixel's depth by a weighted mean of its own and its neighbors', again and again.

    Depth flows within surfaces and not across their edges, as in Cheng, Wang, Yang, "Depth Estimation via Affinity
    Learned with Convolutional Spatial Propagation Network", ECCV 2018 (arXiv 1808.00150), equations 1 and 2; here the
    weights are a softmax, so that they are positive and sum to one.

    Args:
        log_depth: Log depth, float32 (B, 1, H, W).
        affinities: Logits of the weights of the 3x3 pixels around each, row by row, float32 (B, 9, H, W).
    """
    weights = affinities.softmax(dim=1)
    for _ in range(PROPAGATIONS):
        around = F.unfold(F.pad(log_depth, (1, 1, 1, 1), mode="replicate"), 3).view_as(weights)
        log_depth = (weights * around).sum(dim=1, keepdim=True)
    return log_depth


def without_batch_norm(network: D3) -> D3:
    """Copy a trained network with its batch norms folded into the convolutions before them, in evaluation mode."""
    folded = D3(batch_norm=False)
    for name, module in network.named_modules():
        if isinstance(module, ConvUnit):
            convolution, normalization, _ = copy.deepcopy(module).eval()
            assert isinstance(convolution, nn.Conv2d)
            assert isinstance(normalization, nn.BatchNorm2d)
            fused = fuse_conv_bn_eval(convolution, normalization)
            folded.get_submodule(f"{name}.0").load_state_dict(fused.state_dict())
    folded.head.load_state_dict(network.head.state_dict())
    return folded.eval().requires_grad_(False)


def count_parameters(network: nn.Module) -> int:
    """Count the trainable parameters."""
    return sum(parameter.numel() for parameter in network.parameters())


@torch.no_grad()
def count_multiply_adds(network: D3, size: tuple[int, int]) -> int:
    """Count the multiply-adds of the convolutions for one image of (height, width), multiples of 32."""
    total = 0

    def add(module: nn.Module, _: object, output: Tensor) -> None:
        nonlocal total
        assert isinstance(module, nn.Conv2d)
        total += output.shape[2] * output.shape[3] * module.weight.numel()

    hooks = [module.register_forward_hook(add) for module in network.modules() if isinstance(module, nn.Conv2d)]
    plane = torch.zeros(1, 1, *size)
    training = network.training
    network.eval()(plane.expand(1, 3, *size), plane.expand(1, HINTS, *size))
    network.train(training)
    for hook in hooks:
        hook.remove()
    return total

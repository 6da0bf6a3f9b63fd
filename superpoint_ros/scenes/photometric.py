"""Photometric noise: what cameras and light do to an image, as a function of batches.

SuperPoint paper, sections 4.2 and 6: brightness, contrast, Gaussian noise, speckle, shading and motion blur.
Gamma and exposure are added, because cameras clip.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from superpoint_ros.scenes.photometric_ranges import PhotometricRanges

MIN_DEVIATION = 0.2  # pixels, of the blur kernel: no visible blur


class Photometric:
    """Apply random photometric noise to batches.

    Args:
        ranges: Strongest change of each kind.
        generator: Source of everything random; on the device of the images.
    """

    def __init__(self, ranges: PhotometricRanges, generator: torch.Generator):
        self.ranges = ranges
        self.generator = generator

    def __call__(self, images: Tensor) -> Tensor:
        """Change each image of a batch, float (B, 1, H, W) in [0, 1], in its own way; shape and range stay the same."""
        ranges = self.ranges
        images = self._blur(images)
        images = images * (1.0 + self._shade(images))
        images = images.clamp(0.0, 1.0) ** self._ratio(images, ranges.gamma)
        images = (images * self._ratio(images, ranges.exposure)).clamp(0.0, 1.0)
        images = (images - 0.5) * self._ratio(images, ranges.contrast) + 0.5
        images = images + self._amount(images, ranges.brightness)
        images = images + self._normal(images, images.shape) * self._amount(images, ranges.noise).abs()
        return self._speckle(images).clamp(0.0, 1.0)

    def _uniform(self, like: Tensor, shape: tuple[int, ...]) -> Tensor:
        return torch.rand(shape, generator=self.generator, device=like.device)

    def _normal(self, like: Tensor, shape: tuple[int, ...]) -> Tensor:
        return torch.randn(shape, generator=self.generator, device=like.device)

    def _amount(self, images: Tensor, largest: float) -> Tensor:
        """Draw (B, 1, 1, 1) in [-largest, largest], 0 where this kind is not applied."""
        shape = (len(images), 1, 1, 1)
        applied = self._uniform(images, shape) < self.ranges.probability
        return applied * largest * (2.0 * self._uniform(images, shape) - 1.0)

    def _ratio(self, images: Tensor, largest: float) -> Tensor:
        """Draw (B, 1, 1, 1) between 1 / largest and largest, 1 where this kind is not applied."""
        return torch.exp(self._amount(images, math.log(largest)))

    def _shade(self, images: Tensor) -> Tensor:
        """Draw a few soft blobs: coarse noise, interpolated."""
        coarse = 2.0 * self._uniform(images, (len(images), 1, 3, 4)) - 1.0
        smooth = F.interpolate(coarse, images.shape[-2:], mode="bicubic", align_corners=True)
        return smooth.clamp(-1.0, 1.0) * self._amount(images, self.ranges.shade)

    def _speckle(self, images: Tensor) -> Tensor:
        share = self._amount(images, self.ranges.speckle).abs()
        chance = self._uniform(images, images.shape)
        images = torch.where(chance < share / 2, torch.zeros_like(images), images)
        return torch.where(chance > 1.0 - share / 2, torch.ones_like(images), images)

    def _blur(self, images: Tensor) -> Tensor:
        """Convolve each image with its own symmetric kernel: a Gaussian, drawn out along a random direction."""
        radius = math.ceil(max(2.0 * self.ranges.blur, self.ranges.motion / 2.0))
        if radius == 0:
            return images
        kernels = self._kernels(images, radius)
        padded = F.pad(images, (radius,) * 4, mode="reflect")
        return F.conv2d(padded.transpose(0, 1), kernels, groups=len(images)).transpose(0, 1)

    def _kernels(self, images: Tensor, radius: int) -> Tensor:
        offset = torch.arange(-radius, radius + 1, device=images.device, dtype=torch.float32)
        dy, dx = torch.meshgrid(offset, offset, indexing="ij")
        angle = math.pi * self._uniform(images, (len(images), 1, 1, 1))
        along, across = dx * angle.cos() + dy * angle.sin(), dy * angle.cos() - dx * angle.sin()
        deviation = MIN_DEVIATION + self._amount(images, self.ranges.blur).abs()
        half_length = self._amount(images, self.ranges.motion).abs() / 2.0
        beyond = (along.abs() - half_length).clamp(min=0.0)
        weight = torch.exp(-0.5 * (beyond**2 + across**2) / deviation**2)
        return weight / weight.sum(dim=(2, 3), keepdim=True)

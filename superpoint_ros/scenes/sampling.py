"""Images of several sizes in one flat tensor, read bilinearly: textures with their mipmaps, and lightmaps."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Patch:
    """Locate an image in the flat tensor: index of its first texel, height and width in texels."""

    offset: int
    height: int
    width: int


def read_bilinear(texels: Tensor, patch: Patch, u: Tensor, v: Tensor, *, wrap: bool) -> Tensor:
    """Read a patch at u, v in [0, 1] across its width and height; the center of texel i lies at (i + 0.5) / width.

    Args:
        texels: Flat tensor (T, C) that holds the patch.
        patch: Place of the image in it.
        u: Horizontal coordinate (N,).
        v: Vertical coordinate (N,).
        wrap: Whether the image repeats beyond its edges; else its edge pixels extend.

    Returns:
        float (N, C).
    """
    x, y = u * patch.width - 0.5, v * patch.height - 0.5
    x0, y0 = torch.floor(x), torch.floor(y)
    weight_x, weight_y = (x - x0)[:, None], (y - y0)[:, None]

    def texel(column: Tensor, row: Tensor) -> Tensor:
        if wrap:
            column, row = column % patch.width, row % patch.height
        else:
            column, row = column.clamp(0, patch.width - 1), row.clamp(0, patch.height - 1)
        return texels[patch.offset + row * patch.width + column].float()

    column, row = x0.long(), y0.long()
    top = torch.lerp(texel(column, row), texel(column + 1, row), weight_x)
    bottom = torch.lerp(texel(column, row + 1), texel(column + 1, row + 1), weight_x)
    return torch.lerp(top, bottom, weight_y)


class MipmappedTextures:
    """Hold square textures with their halved copies, against aliasing on far surfaces.

    Args:
        textures: Textures, uint8 (T, S, S, 3), S a power of two.
    """

    def __init__(self, textures: Tensor):
        self.size = textures.shape[1]
        self.levels = self.size.bit_length()
        level, texels, offset = textures.permute(0, 3, 1, 2).float(), [], 0
        self.patches: list[list[Patch]] = [[] for _ in textures]
        for _ in range(self.levels):
            side = level.shape[-1]
            for patches in self.patches:
                patches.append(Patch(offset, side, side))
                offset += side * side
            texels.append(level.permute(0, 2, 3, 1).reshape(-1, 3).round().to(torch.uint8))
            level = F.avg_pool2d(level, 2) if side > 1 else level
        self.texels = torch.cat(texels)

    def read(self, texture: int, u: Tensor, v: Tensor, footprint: Tensor) -> Tensor:
        """Read the color (N, 3) in [0, 255] of one texture, which repeats.

        Args:
            texture: Index of the texture.
            u: Horizontal coordinate (N,), in widths of the texture.
            v: Vertical coordinate (N,), in heights of the texture.
            footprint: Width of a sample (N,), in units of u: the nearest mipmap level is read.
        """
        level = torch.log2((footprint * self.size).clamp(min=1.0)).round().long().clamp(max=self.levels - 1)
        color = torch.empty(len(u), 3, device=u.device)
        for present in torch.unique(level).tolist():
            chosen = torch.nonzero(level == present).squeeze(1)
            color[chosen] = read_bilinear(self.texels, self.patches[texture][present], u[chosen], v[chosen], wrap=True)
        return color

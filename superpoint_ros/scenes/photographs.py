"""Photographs in place of drawn textures: what nobody draws, from bark to carpets, for the price of reading a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import torch

from superpoint_ros.core.image_files import read_image_file
from superpoint_ros.scenes.scene import Scene

# Smallest side of a cut, as a share of the photograph's shorter side.
SMALLEST_CUT = 0.5
# Mean difference of red and blue below which a photograph is gray, and the spread of the tint that it gets.
GRAY, TINT = 2.0, 0.25


def with_photographs(scene: Scene, files: Sequence[Path], share: float, rng: np.random.Generator) -> Scene:
    """Replace a share of a scene's textures by cuts of photographs.

    Args:
        scene: The scene; its geometry and light stay.
        files: The photographs, of which each texture has one.
        share: Probability with which a texture is replaced.
        rng: Source of everything random.

    Raises:
        ImageError: A file holds no image.
    """
    textures = scene.textures.clone()
    for index in np.flatnonzero(rng.random(len(textures)) < share):
        photograph = read_image_file(files[int(rng.integers(len(files)))], "bgr")
        textures[index] = torch.from_numpy(cut_texture(photograph[..., ::-1], rng, textures.shape[1]))
    return replace(scene, textures=textures)


def cut_texture(photograph: np.ndarray, rng: np.random.Generator, size: int) -> np.ndarray:
    """Cut a square out of a photograph, uint8 (H, W, 3) RGB, and resize it to uint8 (size, size, 3); gray is tinted."""
    height, width = photograph.shape[:2]
    side = max(1, int(min(height, width) * rng.uniform(SMALLEST_CUT, 1.0)))
    y, x = rng.integers(height - side + 1), rng.integers(width - side + 1)
    way = cv2.INTER_AREA if side > size else cv2.INTER_LINEAR
    cut = np.ascontiguousarray(photograph[y : y + side, x : x + side])
    texture = cv2.resize(cut, (size, size), interpolation=way)
    if np.abs(texture[..., 0].astype(np.float32) - texture[..., 2]).mean() < GRAY:
        texture = np.clip(texture * (1.0 + TINT * rng.standard_normal(3)), 0, 255).astype(np.uint8)
    return texture

"""Flat pictures of the package's own textures, for training without anyone's photographs."""

from __future__ import annotations

import math

import cv2
import numpy as np

from superpoint_ros.core.image import resize_image
from superpoint_ros.scenes.homography_sampling import image_corners
from superpoint_ros.scenes.textures import TEXTURES

TEXTURE_SIZE = 512
OVERSAMPLING = 2  # drawn this much larger, then averaged, so that slanted edges are smooth
MOST_PATCHES = 6


def draw_collage(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """A wall of one texture with slanted patches of others on it, each over those before.

    Args:
        rng: decides everything.
        size: (height, width).

    Returns:
        uint8 (height, width), gray.
    """
    large = (size[0] * OVERSAMPLING, size[1] * OVERSAMPLING)
    extent = np.array([large[1], large[0]], np.float64)
    picture = _hung(rng, extent / 2, extent.max() * rng.uniform(0.5, 1.2), large, cv2.BORDER_WRAP)
    for _ in range(rng.integers(MOST_PATCHES + 1)):
        center, side = rng.uniform(0, 1, 2) * extent, extent.min() * rng.uniform(0.2, 0.8)
        patch = _hung(rng, center, side, large, cv2.BORDER_CONSTANT)
        picture = np.where(patch > 0, patch, picture)
    return resize_image(picture, size)


def _hung(rng: np.random.Generator, center: np.ndarray, side: float, size: tuple[int, int], border: int) -> np.ndarray:
    """A texture of about that side on an image of (height, width), around it what `border` says; gray, from 1."""
    texture = _texture(rng, min(TEXTURE_SIZE, math.ceil(side)))
    source = image_corners(texture.shape).astype(np.float32)
    matrix = cv2.getPerspectiveTransform(source, _quadrilateral(rng, center, side).astype(np.float32))
    return cv2.warpPerspective(texture, matrix, size[::-1], flags=cv2.INTER_LINEAR, borderMode=border)


def _texture(rng: np.random.Generator, side: int) -> np.ndarray:
    """Any texture, gray, from 1, (side, side)."""
    name = sorted(TEXTURES)[rng.integers(len(TEXTURES))]
    gray = cv2.cvtColor(TEXTURES[name](rng, TEXTURE_SIZE), cv2.COLOR_RGB2GRAY)
    return np.maximum(resize_image(gray, (side, side)), 1)


def _quadrilateral(rng: np.random.Generator, center: np.ndarray, side: float) -> np.ndarray:
    """Corners (4, 2) of a square of about that side, turned in its plane and out of it."""
    angle, ratio = rng.uniform(0, 2 * np.pi), rng.uniform(0.6, 1.0)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    square = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) / 2 * (1.0, ratio) + rng.uniform(-0.1, 0.1, (4, 2))
    return center + side * square @ rotation.T

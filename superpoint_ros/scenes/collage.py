"""Flat images of the package's own textures, for training without photographs."""

from __future__ import annotations

import math

import cv2
import numpy as np

from superpoint_ros.core.image import resize_image
from superpoint_ros.scenes.homography_sampling import image_outline
from superpoint_ros.scenes.textures import TEXTURES

TEXTURE_SIZE = 512
OVERSAMPLING = 2  # drawn this much larger, then averaged, so that slanted edges are smooth
MAX_PATCHES = 6


def draw_collage(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """Draw one texture as a background with slanted patches of others over it.

    Args:
        rng: Source of everything random.
        size: Size of the image, (height, width), pixels.

    Returns:
        Gray image, uint8 (height, width).
    """
    large = (size[0] * OVERSAMPLING, size[1] * OVERSAMPLING)
    extent = np.array([large[1], large[0]], np.float64)
    background = random_texture(rng, math.ceil(side := extent.max() * rng.uniform(0.5, 1.2)))
    image = hang(background, random_quadrilateral(rng, extent / 2, side), large, cv2.BORDER_WRAP)
    for _ in range(rng.integers(MAX_PATCHES + 1)):
        center, side = rng.uniform(0, 1, 2) * extent, extent.min() * rng.uniform(0.2, 0.8)
        patch = hang(random_texture(rng, math.ceil(side)), random_quadrilateral(rng, center, side), large)
        image = np.where(patch > 0, patch, image)
    return resize_image(image, size)


def hang(
    texture: np.ndarray, quadrilateral: np.ndarray, size: tuple[int, int], border: int = cv2.BORDER_CONSTANT
) -> np.ndarray:
    """Warp a gray texture so that its corners come to lie on a quadrilateral (4, 2) of an image of (height, width).

    Pixels outside the quadrilateral follow OpenCV's border mode `border`: 0, or the repeated texture.
    """
    source = image_outline((texture.shape[0], texture.shape[1])).astype(np.float32)
    matrix = cv2.getPerspectiveTransform(source, quadrilateral.astype(np.float32))
    return cv2.warpPerspective(texture, matrix, size[::-1], flags=cv2.INTER_LINEAR, borderMode=border)


def random_texture(rng: np.random.Generator, side: int) -> np.ndarray:
    """Draw any texture: uint8 (side, side), gray, from 1; `side` is at most TEXTURE_SIZE."""
    name = sorted(TEXTURES)[rng.integers(len(TEXTURES))]
    gray = cv2.cvtColor(TEXTURES[name](rng, TEXTURE_SIZE), cv2.COLOR_RGB2GRAY)
    side = min(TEXTURE_SIZE, side)
    result: np.ndarray = np.maximum(resize_image(gray, (side, side)), 1)
    return result


def random_quadrilateral(rng: np.random.Generator, center: np.ndarray, side: float) -> np.ndarray:
    """Sample the corners (4, 2) of a square of about that side, rotated in its plane and out of it."""
    angle, ratio = rng.uniform(0, 2 * np.pi), rng.uniform(0.6, 1.0)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    square = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) / 2 * (1.0, ratio) + rng.uniform(-0.1, 0.1, (4, 2))
    result: np.ndarray = center + side * square @ rotation.T
    return result

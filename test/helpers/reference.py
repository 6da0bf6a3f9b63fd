"""SuperPoint's decoding once more, pixel by pixel, as the paper and the released demo describe it: slow and plain."""

from __future__ import annotations

import math

import numpy as np


def heatmap(logits: np.ndarray) -> np.ndarray:
    """(65, h, w) -> (8 h, 8 w)."""
    channels, height, width = logits.shape
    heat = np.zeros((8 * height, 8 * width))
    for row in range(height):
        for column in range(width):
            exponent = np.exp(logits[:, row, column].astype(np.float64))
            probability = exponent / exponent.sum()
            for channel in range(channels - 1):
                heat[8 * row + channel // 8, 8 * column + channel % 8] = probability[channel]
    return heat


def greedy(scores: np.ndarray, threshold: float, radius: int) -> list[tuple[int, int]]:
    """(x, y) kept, strongest first; ties in row-major order."""
    height, width = scores.shape
    candidates = [(x, y) for y in range(height) for x in range(width) if scores[y, x] >= threshold]
    candidates.sort(key=lambda point: (-scores[point[1], point[0]], point[1], point[0]))
    kept: list[tuple[int, int]] = []
    for x, y in candidates:
        if all(max(abs(x - other_x), abs(y - other_y)) > radius for other_x, other_y in kept):
            kept.append((x, y))
    return kept


def without_border(points: list[tuple[int, int]], size: tuple[int, int], border: int) -> list[tuple[int, int]]:
    height, width = size
    return [(x, y) for x, y in points if border <= x < width - border and border <= y < height - border]


def sample(descriptors: np.ndarray, x: float, y: float, first_cell_center: float) -> np.ndarray:
    """(D, h, w) at one pixel: bilinear between cells, nothing outside, unit length."""
    column, row = (x - first_cell_center) / 8, (y - first_cell_center) / 8
    total = np.zeros(len(descriptors))
    for cell_row in (math.floor(row), math.floor(row) + 1):
        for cell_column in (math.floor(column), math.floor(column) + 1):
            if 0 <= cell_row < descriptors.shape[1] and 0 <= cell_column < descriptors.shape[2]:
                weight = (1 - abs(row - cell_row)) * (1 - abs(column - cell_column))
                total += weight * descriptors[:, cell_row, cell_column]
    return total / np.linalg.norm(total)

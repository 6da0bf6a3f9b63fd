"""Printed pages on a desk, as a camera sees them: text in columns, tables, figures."""

from __future__ import annotations

import string
from itertools import pairwise

import cv2
import numpy as np

from superpoint_ros.core.image import resize_image
from superpoint_ros.scenes.collage import OVERSAMPLING, hang, random_quadrilateral, random_texture
from superpoint_ros.scenes.texture_drawing import FONTS

PAGE_SIZE = (880, 640)  # height, width
MAX_PAGES = 3
INK_RANGE = (10, 90)
PAPER_RANGE = (190, 250)
TABLE_SHARE = 0.2  # of the blocks of a page
FIGURE_SHARE = 0.15


def draw_document(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """Draw one to three printed pages on a textured desk, each over those before.

    Args:
        rng: Decides everything.
        size: (height, width).

    Returns:
        uint8 (height, width), gray.
    """
    large = (size[0] * OVERSAMPLING, size[1] * OVERSAMPLING)
    extent = np.array([large[1], large[0]], np.float64)
    picture = hang(random_texture(rng, max(large)), random_quadrilateral(rng, extent / 2, 3 * extent.max()), large)
    for _ in range(rng.integers(1, MAX_PAGES + 1)):
        center, side = rng.uniform(0.2, 0.8, 2) * extent, extent.max() * rng.uniform(0.7, 1.4)
        page = hang(draw_page(rng), random_quadrilateral(rng, center, side), large)
        picture = np.where(page > 0, page, picture)
    return resize_image(picture, size)


def draw_page(rng: np.random.Generator) -> np.ndarray:
    """Draw one page of blocks in one or two columns: uint8 PAGE_SIZE, gray, from 1."""
    paper, ink = int(rng.integers(*PAPER_RANGE)), int(rng.integers(*INK_RANGE))
    page = np.full(PAGE_SIZE, paper, np.uint8)
    margin, columns = int(rng.integers(30, 70)), int(rng.integers(1, 3))
    width = (PAGE_SIZE[1] - margin) // columns - margin
    for column in range(columns):
        left, y = margin + column * (width + margin), margin
        while y < PAGE_SIZE[0] - margin - 40:
            bottom = min(PAGE_SIZE[0] - margin, y + int(rng.integers(40, 260)))
            _draw_block(rng, page[y:bottom, left : left + width], ink)
            y = bottom + int(rng.integers(10, 40))
    return page


def _draw_block(rng: np.random.Generator, block: np.ndarray, ink: int) -> None:
    kind = rng.random()
    if kind < TABLE_SHARE:
        _draw_table(rng, block, ink)
    elif kind < TABLE_SHARE + FIGURE_SHARE:
        block[:] = np.maximum(resize_image(random_texture(rng, max(block.shape)), block.shape), 1)
    else:
        _draw_lines(rng, block, ink, height=int(np.exp(rng.uniform(np.log(8), np.log(30)))))


def _draw_lines(rng: np.random.Generator, block: np.ndarray, ink: int, height: int) -> None:
    """Fill a block with lines of random words of that height, in one font."""
    font, scale, thickness = FONTS[rng.integers(len(FONTS))], height / 22.0, max(1, height // 10)
    pitch = int(height * rng.uniform(1.4, 2.0))
    for baseline in range(height + 2, len(block) - height // 3, pitch):
        text = "".join(rng.choice(list(string.ascii_letters + string.digits + ".,;()    "), size=80))
        while text and cv2.getTextSize(text, font, scale, thickness)[0][0] > block.shape[1]:
            text = text[: int(len(text) * 0.9)]
        line = np.ascontiguousarray(block)
        cv2.putText(line, text, (0, baseline), font, scale, (ink,), thickness, cv2.LINE_AA)
        block[:] = line


def _draw_table(rng: np.random.Generator, block: np.ndarray, ink: int) -> None:
    """Draw ruled cells, some shaded, with a word in most."""
    rows, columns = max(1, len(block) // int(rng.integers(18, 40))), int(rng.integers(2, 6))
    ys = np.linspace(0, len(block) - 2, rows + 1).astype(int)
    xs = np.linspace(0, block.shape[1] - 2, columns + 1).astype(int)
    for top, bottom in pairwise(ys):
        for left, right in pairwise(xs):
            cell = block[top:bottom, left:right]
            if rng.random() < 0.15:
                cell[:] = (cell * rng.uniform(0.4, 0.9)).astype(np.uint8)
            if rng.random() < 0.8 and bottom - top > 14:
                _draw_lines(rng, cell[3:, 4 : 4 + int(rng.uniform(0.3, 0.95) * (right - left))], ink, 9)
    block[ys] = ink
    block[:, xs] = ink

"""What procedural textures are drawn with: colors, noise, letters."""

from __future__ import annotations

import string

import cv2
import numpy as np

Color = tuple[int, int, int]

PAPER: Color = (236, 230, 214)
INK: Color = (40, 38, 44)
FONTS = (cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_TRIPLEX, cv2.FONT_HERSHEY_SIMPLEX)
# Harmonious colors (RGB); one palette is drawn per texture.
PALETTES: tuple[tuple[Color, ...], ...] = (
    ((38, 70, 83), (42, 157, 143), (233, 196, 106), (244, 162, 97), (231, 111, 81)),
    ((29, 53, 87), (69, 123, 157), (168, 218, 220), (241, 250, 238), (230, 57, 70)),
    ((96, 108, 56), (40, 54, 24), (254, 250, 224), (221, 161, 94), (188, 108, 37)),
    ((61, 64, 91), (129, 178, 154), (242, 204, 143), (224, 122, 95), (244, 241, 222)),
    ((38, 38, 38), (239, 71, 111), (255, 209, 102), (6, 214, 160), (17, 138, 178)),
)


def blank(size: int, color: Color) -> np.ndarray:
    """Make an image of one color, uint8 (size, size, 3)."""
    return np.full((size, size, 3), color, np.uint8)


def random_palette(rng: np.random.Generator) -> list[Color]:
    """Choose one of the palettes, its colors in random order."""
    colors = PALETTES[rng.integers(len(PALETTES))]
    return [colors[i] for i in rng.permutation(len(colors))]


def vary_color(rng: np.random.Generator, color: Color, amount: float) -> Color:
    """Make a color lighter or darker by up to `amount` (relative)."""
    value = np.clip(np.array(color) * (1 + rng.uniform(-amount, amount)), 0, 255)
    return (int(value[0]), int(value[1]), int(value[2]))


def fractal_noise(rng: np.random.Generator, size: int, cells: tuple[int, int], octaves: int = 4) -> np.ndarray:
    """Draw tileable fractal noise.

    Args:
        rng: Source of the noise.
        size: Side of the image, pixels.
        cells: (rows, columns) of the coarsest octave.
        octaves: Number of octaves, each of half the amplitude of the one before.

    Returns:
        float32 (size, size) of mean 0 and standard deviation 1.
    """
    total = np.zeros((size, size), np.float32)
    for octave in range(octaves):
        rows, columns = cells[0] << octave, cells[1] << octave
        grid = rng.standard_normal((rows, columns)).astype(np.float32)
        wrapped = np.pad(grid, 2, mode="wrap")
        margin_y, margin_x = 2 * size // rows, 2 * size // columns
        fine = cv2.resize(wrapped, (size + 2 * margin_x, size + 2 * margin_y), interpolation=cv2.INTER_CUBIC)
        total += fine[margin_y : margin_y + size, margin_x : margin_x + size] * 0.5**octave
    result: np.ndarray = (total - total.mean()) / (total.std() + 1e-6)
    return result


def add_grain(
    rng: np.random.Generator, image: np.ndarray, amount: float, cells: tuple[int, int] = (8, 8)
) -> np.ndarray:
    """Vary the brightness of an image by noise, `amount` relative."""
    gain = 1 + amount * fractal_noise(rng, len(image), cells)
    return np.clip(image * gain[..., None], 0, 255).astype(np.uint8)


def draw_letters(
    rng: np.random.Generator, image: np.ndarray, origin: tuple[int, int], height: int, width: int, color: Color
) -> None:
    """Draw a line of random letters, its base line from `origin`, of some `height` and at most `width`, pixels."""
    font = FONTS[rng.integers(len(FONTS))]
    letters = "".join(rng.choice(list(string.ascii_letters + string.digits + "   "), size=40))
    scale, thickness = height / 22.0, max(1, height // 12)
    while letters and cv2.getTextSize(letters, font, scale, thickness)[0][0] > width:
        letters = letters[:-1]
    cv2.putText(image, letters, origin, font, scale, color, thickness, cv2.LINE_AA)


def draw_diamond(image: np.ndarray, center: tuple[int, int], half_width: int, half_height: int, color: Color) -> None:
    """Draw a filled diamond; all in pixels."""
    offsets = [[0, -half_height], [half_width, 0], [0, half_height], [-half_width, 0]]
    cv2.fillPoly(image, [np.array(center) + np.array(offsets)], color)

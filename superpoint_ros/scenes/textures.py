"""Procedural textures, drawn from a seed: rich in corners at several scales, and tileable unless said otherwise."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from superpoint_ros.scenes.texture_drawing import (
    INK,
    PAPER,
    add_grain,
    blank,
    draw_diamond,
    draw_letters,
    random_palette,
    vary_color,
)

Texture = Callable[[np.random.Generator, int], np.ndarray]


def checker(rng: np.random.Generator, size: int) -> np.ndarray:
    """Draw squares of two colors, each a little different from the next."""
    dark, light = sorted(random_palette(rng)[:2], key=sum)
    image, squares = blank(size, dark), 8
    step = size // squares
    for row in range(squares):
        for column in range(squares):
            color = vary_color(rng, light if (row + column) % 2 else dark, 0.15)
            image[row * step : (row + 1) * step, column * step : (column + 1) * step] = color
    return add_grain(rng, image, 0.05)


def bricks(rng: np.random.Generator, size: int) -> np.ndarray:
    """Draw a running bond with mortar; bricks vary in tone."""
    base = ((158, 84, 62), (176, 112, 84), (150, 132, 118))[rng.integers(3)]
    image, rows, columns = blank(size, (196, 188, 176)), 8, 4
    height, width, mortar = size // rows, size // columns, max(1, size // 96)
    for row in range(rows):
        for column in range(columns):
            left = column * width + (row % 2) * width // 2
            color = vary_color(rng, base, 0.3)
            for x in (left, left - size):
                corner = (x + width - mortar - 1, (row + 1) * height - mortar - 1)
                cv2.rectangle(image, (x + mortar, row * height + mortar), corner, color, -1)
    return add_grain(rng, image, 0.10, (32, 32))


def tiles(rng: np.random.Generator, size: int) -> np.ndarray:
    """Draw ornamented square tiles: a border, a diamond and corner pieces, colors by turns."""
    colors = random_palette(rng)
    image, count = blank(size, PAPER), 4
    step = size // count
    for row in range(count):
        for column in range(count):
            tile = image[row * step : (row + 1) * step, column * step : (column + 1) * step]
            tile[:] = vary_color(rng, PAPER, 0.06)
            middle, main, second = step // 2, colors[(row + column) % 2], colors[2 + (row % 2)]
            draw_diamond(tile, (middle, middle), step * 3 // 8, step * 3 // 8, main)
            cv2.circle(tile, (middle, middle), step // 6, second, -1)
            for corner in ((0, 0), (step, 0), (0, step), (step, step)):
                cv2.circle(tile, corner, step // 5, second, -1)
            cv2.rectangle(tile, (0, 0), (step - 1, step - 1), (120, 116, 108), max(1, size // 200))
    return add_grain(rng, image, 0.04)


def planks(rng: np.random.Generator, size: int) -> np.ndarray:
    """Draw floor boards along x with grain, joints and ends."""
    base = ((172, 128, 84), (142, 98, 62), (190, 154, 112))[rng.integers(3)]
    image, rows = blank(size, base), 8
    height, joint = size // rows, max(1, size // 256)
    for row in range(rows):
        top, bottom, ends = row * height, (row + 1) * height, np.sort(rng.integers(0, size, 2))
        image[top:bottom] = vary_color(rng, base, 0.22)
        image[top:bottom, ends[0] : ends[1]] = vary_color(rng, base, 0.22)
        for end in ends:
            image[top:bottom, max(0, end - joint) : end + joint] = (62, 42, 28)
        image[top : top + joint] = (70, 48, 32)
    return add_grain(rng, image, 0.09, (64, 4))


def plaster(rng: np.random.Generator, size: int) -> np.ndarray:
    """Draw a light wall with stains and specks."""
    base = ((214, 208, 194), (188, 202, 206), (212, 190, 168), (176, 190, 170))[rng.integers(4)]
    image = add_grain(rng, blank(size, base), 0.05, (4, 4))
    for _ in range(160):
        x, y, radius = (int(value) for value in rng.integers((0, 0, 1), (size, size, max(2, size // 100))))
        cv2.circle(image, (x, y), radius, vary_color(rng, base, 0.35), -1, cv2.LINE_AA)
    return image


def wallpaper(rng: np.random.Generator, size: int) -> np.ndarray:
    """Draw stripes with a motif repeated in half-drop."""
    base = ((222, 212, 190), (170, 192, 196), (206, 182, 166), (182, 196, 168))[rng.integers(4)]
    image, count = blank(size, base), 8
    accent, second = random_palette(rng)[:2]
    step = size // count
    for column in range(count):
        if column % 2:
            image[:, column * step : (column + 1) * step] = vary_color(rng, base, 0.12)
        for row in range(-1, count + 1):
            x, y = column * step + step // 2, row * step + (column % 2) * step // 2 + step // 4
            draw_diamond(image, (x, y), step // 5, step // 3, accent if (row + column) % 2 else second)
            cv2.circle(image, (x, y), step // 10, base, -1)
    return add_grain(rng, image, 0.04)


def terrazzo(rng: np.random.Generator, size: int) -> np.ndarray:
    """Draw stone chips in cement; chips that cross an edge continue at the opposite one."""
    image, colors = blank(size, (206, 202, 194)), random_palette(rng)
    for _ in range(220):
        center, radius = rng.uniform(0, size, 2), rng.uniform(0.008, 0.035) * size
        angles = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(3, 7)))
        chip = center + radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)
        color = vary_color(rng, colors[rng.integers(len(colors))], 0.2)
        for shift in np.array([[0, 0], [-size, 0], [0, -size], [-size, -size], [size, 0], [0, size]]):
            cv2.fillPoly(image, [np.round(chip + shift).astype(np.int32)], color)
    return add_grain(rng, image, 0.03)


def print_page(rng: np.random.Generator, size: int) -> np.ndarray:
    """Draw a printed page: a headline, columns of text in several sizes, an illustration. Not tileable."""
    image, colors = blank(size, PAPER), random_palette(rng)
    margin, y = size // 16, size // 5
    draw_letters(
        rng, image, (margin, y - margin), size // 9, size - 2 * margin, colors[0] if sum(colors[0]) < 400 else INK
    )
    cv2.rectangle(image, (margin, y - margin // 2), (size - margin, y - margin // 2 + size // 100), INK, -1)
    picture = (size // 2 + margin // 2, size // 3), (size - margin, size * 2 // 3)
    while (y := y + size // int(rng.integers(18, 28))) < size - margin:
        width = size // 2 - margin if size // 3 - margin < y < size * 2 // 3 + margin else size - 2 * margin
        draw_letters(rng, image, (margin, y), size // 30, width, INK)
    cv2.rectangle(image, *picture, colors[1], -1)
    for color in colors[2:]:
        x0, y0 = rng.integers(picture[0], np.array(picture[1]) - size // 8)
        cv2.rectangle(image, (int(x0), int(y0)), (int(x0) + size // 10, int(y0) + size // 9), color, -1)
    return image


def books(rng: np.random.Generator, size: int) -> np.ndarray:
    """Draw three shelves of book spines with titles and bands."""
    image, shelves = blank(size, (58, 44, 34)), 3
    height, board = size // shelves, size // 40
    for shelf in range(shelves):
        floor, x, colors = (shelf + 1) * height - board, board, random_palette(rng)
        while x < size - board - size // 24:
            width, tall = int(rng.integers(size // 28, size // 14)), int(height * rng.uniform(0.62, 0.86))
            color = vary_color(rng, colors[rng.integers(len(colors))], 0.25)
            spine = image[floor - tall : floor, x : min(x + width, size - board)]
            spine[:] = color
            light = PAPER if sum(color) < 380 else INK
            band = int(tall * rng.uniform(0.08, 0.2))
            spine[band : band + size // 128] = spine[-band - size // 128 : -band] = light
            sideways = np.ascontiguousarray(np.rot90(spine, -1))
            origin = band + size // 50, sideways.shape[0] * 2 // 3
            draw_letters(rng, sideways, origin, max(6, width // 3), tall - 3 * band, light)
            spine[:] = np.rot90(sideways)
            x += width + int(rng.integers(1, max(2, size // 160)))
        image[floor : floor + board] = (134, 98, 66)
    return image


def painting(rng: np.random.Generator, size: int) -> np.ndarray:
    """Draw an abstract picture in a frame: a divided ground, polygons, discs and strokes. Not tileable."""
    colors = random_palette(rng)
    image = blank(size, colors[0])
    for x in np.sort(rng.integers(0, size, 5)):
        stripe = image[:, x : x + rng.integers(size // 12, size // 3)]
        stripe[:] = vary_color(rng, colors[rng.integers(len(colors))], 0.2)
    for _ in range(14):
        color = vary_color(rng, colors[rng.integers(len(colors))], 0.3)
        points = (rng.uniform(0, size, 2) + rng.normal(0, size / 7, (rng.integers(3, 6), 2))).astype(np.int32)
        cv2.fillPoly(image, [cv2.convexHull(points)], color, cv2.LINE_AA)
        x, y = (int(v) for v in rng.integers(0, size, 2))
        cv2.circle(
            image, (x, y), int(rng.integers(size // 40, size // 10)), vary_color(rng, color, 0.5), -1, cv2.LINE_AA
        )
    frame = size // 16
    cv2.rectangle(image, (frame // 2, frame // 2), (size - frame // 2, size - frame // 2), PAPER, frame)
    cv2.rectangle(image, (0, 0), (size - 1, size - 1), (74, 52, 36), frame)
    return image


def rug(rng: np.random.Generator, size: int) -> np.ndarray:
    """Draw nested borders of triangles around a field of diamonds. Not tileable."""
    colors = random_palette(rng)
    image = blank(size, colors[0])
    for ring, color in enumerate(colors[1:4]):
        inset, step = ring * size // 9, size // 18
        cv2.rectangle(image, (inset, inset), (size - inset, size - inset), color, -1)
        for place in range(inset, size - inset - step, step):
            triangle = np.array([[place, inset], [place + step, inset], [place + step // 2, inset + step]])
            for points in (triangle, size - triangle, triangle[:, ::-1], size - triangle[:, ::-1]):
                cv2.fillPoly(image, [np.ascontiguousarray(points)], colors[(ring + 2) % len(colors)])
    step = size // 12
    for row, column in np.ndindex(4, 4):
        x, y = size // 3 + step // 2 + column * step, size // 3 + step // 2 + row * step
        cv2.ellipse(image, (x, y), (step // 3, step // 3), 45, 0, 360, colors[(row + column) % 2 * 4 - 1], -1)
        draw_diamond(image, (x, y), step // 4, step // 2, colors[4])
    return add_grain(rng, image, 0.10, (64, 64))


def carton(rng: np.random.Generator, size: int) -> np.ndarray:
    """Draw cardboard with tape, a printed label and handling marks."""
    image = add_grain(rng, blank(size, (182, 142, 98)), 0.05, (64, 4))
    cv2.rectangle(image, (0, size * 9 // 20), (size, size * 11 // 20), (206, 180, 140), -1)
    x, y = int(rng.integers(size // 16, size // 3)), int(rng.integers(size // 16, size // 8))
    cv2.rectangle(image, (x, y), (x + size // 2, y + size // 4), PAPER, -1)
    for line in range(4):
        draw_letters(rng, image, (x + size // 40, y + (line + 1) * size // 18), size // 28, size * 9 // 20, INK)
    for bar in range(24):
        left = size // 10 + bar * size // 40
        image[size * 5 // 8 : size * 6 // 8, left : left + rng.integers(2, 2 + size // 64)] = INK
    draw_letters(rng, image, (size // 10, size * 15 // 16), size // 9, size * 4 // 5, (150, 46, 40))
    return image


def wood(rng: np.random.Generator, size: int) -> np.ndarray:
    """Draw plain furniture wood: long grain with a few knots."""
    base = ((150, 104, 66), (112, 74, 48), (184, 146, 104))[rng.integers(3)]
    image = add_grain(rng, blank(size, base), 0.14, (32, 2))
    for _ in range(6):
        center = tuple(int(v) for v in rng.integers(size // 8, size * 7 // 8, 2))
        for ring in (4, 2, 1):
            axes = (ring * size // 90, ring * size // 140)
            cv2.ellipse(image, center, axes, 0, 0, 360, vary_color(rng, base, 0.4), -1, cv2.LINE_AA)
    return image


TEXTURES: dict[str, Texture] = {
    "checker": checker,
    "bricks": bricks,
    "tiles": tiles,
    "planks": planks,
    "plaster": plaster,
    "wallpaper": wallpaper,
    "terrazzo": terrazzo,
    "print_page": print_page,
    "books": books,
    "painting": painting,
    "rug": rug,
    "carton": carton,
    "wood": wood,
}

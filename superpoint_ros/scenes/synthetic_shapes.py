"""Synthetic Shapes: drawings of simple shapes whose corners are known exactly.

SuperPoint paper, section 4.1. Every shape is a list of convex polygons in continuous pixel coordinates; the random
homography moves their vertices before anything is drawn, so neither a warp nor a resize blurs or shifts a corner.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from superpoint_ros.scenes.canvas import Canvas, line_polygon
from superpoint_ros.scenes.homography_sampling import HomographyRanges, sample_homography

MIN_SIDE = 6.0  # pixels between two labeled corners of a shape
MAX_CORNER_ANGLE = 150.0  # degrees: a flatter vertex is no corner
MIN_CORNER_ANGLE = 20.0  # degrees

Box = tuple[float, float, float, float]  # left, top, right, bottom in pixels
DEFAULT_WARP = HomographyRanges(crop=0.85, perspective=0.2, scale=0.2, rotation=90.0, translation=0.1)


def _inside(rng: np.random.Generator, box: Box, count: int) -> np.ndarray:
    left, top, right, bottom = box
    return np.stack([rng.uniform(left, right, count), rng.uniform(top, bottom, count)], axis=1)


def _middle(box: Box) -> tuple[np.ndarray, np.ndarray]:
    """Compute the center (2,) of a box and half its width and height (2,)."""
    left, top, right, bottom = box
    return np.array([(left + right) / 2, (top + bottom) / 2]), np.array([right - left, bottom - top]) / 2


def corner_angles(polygon: np.ndarray) -> np.ndarray:
    """Compute the interior angles in degrees (N,) of a convex polygon (N, 2)."""
    before, after = np.roll(polygon, 1, 0) - polygon, np.roll(polygon, -1, 0) - polygon
    cosine = (before * after).sum(1) / (np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1) + 1e-9)
    result: np.ndarray = np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))
    return result


def _is_clear_polygon(polygon: np.ndarray) -> bool:
    """Tell whether a polygon is convex, with no side too short and no vertex too flat or too sharp."""
    angles = corner_angles(polygon)
    sides = np.linalg.norm(polygon - np.roll(polygon, 1, 0), axis=1)
    convex = abs(angles.sum() - 180.0 * (len(polygon) - 2)) < 1e-3
    return bool(
        convex and sides.min() > MIN_SIDE and angles.max() < MAX_CORNER_ANGLE and angles.min() > MIN_CORNER_ANGLE
    )


def _random_polygon(rng: np.random.Generator, box: Box, count: int) -> np.ndarray | None:
    """Draw a convex polygon around the middle of the box, or None if no clear one came up."""
    center, half = _middle(box)
    for _ in range(20):
        angle = np.sort(rng.uniform(0.0, 2 * np.pi, count))
        reach = half * rng.uniform(0.5, 1.0, (count, 1))
        polygon = center + reach * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        if _is_clear_polygon(polygon):
            result: np.ndarray = polygon
            return result
    return None


def _draw_polygon(canvas: Canvas, rng: np.random.Generator, box: Box, count: int) -> None:
    polygon = _random_polygon(rng, box, count)
    if polygon is not None:
        canvas.fill(polygon, canvas.new_gray(rng))
        canvas.label(polygon)


def draw_triangle(canvas: Canvas, rng: np.random.Generator, box: Box) -> None:
    """Draw one triangle."""
    _draw_polygon(canvas, rng, box, 3)


def draw_quadrilateral(canvas: Canvas, rng: np.random.Generator, box: Box) -> None:
    """Draw one convex quadrilateral."""
    _draw_polygon(canvas, rng, box, 4)


def draw_polygon(canvas: Canvas, rng: np.random.Generator, box: Box) -> None:
    """Draw one convex polygon of five to seven corners."""
    _draw_polygon(canvas, rng, box, int(rng.integers(5, 8)))


def _crossing(first: np.ndarray, second: np.ndarray) -> np.ndarray | None:
    """Compute where two segments (2, 2) cross, or None."""
    direction0, direction1 = first[1] - first[0], second[1] - second[0]
    system = np.stack([direction0, -direction1], axis=1)
    if abs(np.linalg.det(system)) < 1e-6:
        return None
    along0, along1 = np.linalg.solve(system, second[0] - first[0])
    return first[0] + along0 * direction0 if 0 < along0 < 1 and 0 < along1 < 1 else None


def draw_lines(canvas: Canvas, rng: np.random.Generator, box: Box) -> None:
    """Draw up to six segments of one gray; their ends and their crossings are corners."""
    segments: list[np.ndarray] = []
    corners = np.zeros((0, 2))
    gray = canvas.new_gray(rng)
    for _ in range(int(rng.integers(1, 7))):
        segment = _inside(rng, box, 2)
        crossings = [point for other in segments if (point := _crossing(segment, other)) is not None]
        new = np.array([*segment, *crossings])
        distance = np.linalg.norm(np.concatenate([corners, new])[:, None] - new[None], axis=2)
        if np.sum(distance < MIN_SIDE) > len(new):
            continue
        segments.append(segment)
        corners = np.concatenate([corners, new])
        canvas.fill(line_polygon(segment[0], segment[1], rng.uniform(1.0, 2.5)), gray)
    canvas.label(corners)


def draw_star(canvas: Canvas, rng: np.random.Generator, box: Box) -> None:
    """Draw three to six segments from one center; the center and the tips are corners."""
    center, half = _middle(box)
    count = int(rng.integers(3, 7))
    angle = rng.uniform(0, 2 * np.pi) + (np.arange(count) + rng.uniform(-0.3, 0.3, count)) * 2 * np.pi / count
    tips = center + half * rng.uniform(0.5, 1.0, (count, 1)) * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    gray = canvas.new_gray(rng)
    for tip in tips:
        canvas.fill(line_polygon(center, tip, rng.uniform(1.0, 2.5)), gray)
    canvas.label(np.concatenate([center[None], tips]))


def _board(rng: np.random.Generator, box: Box, rows: int, columns: int) -> np.ndarray | None:
    """Draw the grid points (rows + 1, columns + 1, 2) of a board seen in perspective, or None if too fine."""
    center, half = _middle(box)
    signs = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    quadrilateral = center + signs * half * rng.uniform(0.4, 1.0, (4, 2))
    unit = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32)
    homography = cv2.getPerspectiveTransform(unit, quadrilateral.astype(np.float32))
    grid = np.stack(np.meshgrid(np.arange(columns + 1.0), np.arange(rows + 1.0)), axis=-1)
    points = cv2.perspectiveTransform(grid.reshape(-1, 1, 2), homography).reshape(rows + 1, columns + 1, 2)
    shortest = min(np.linalg.norm(np.diff(points, axis=axis), axis=2).min() for axis in (0, 1))
    return points if shortest >= MIN_SIDE else None


def _draw_board(canvas: Canvas, rng: np.random.Generator, grid: np.ndarray) -> None:
    """Fill alternating cells of two grays over grid points (rows + 1, columns + 1, 2), every grid point a corner."""
    grays = [canvas.new_gray(rng), canvas.new_gray(rng)]
    for row in range(grid.shape[0] - 1):
        for column in range(grid.shape[1] - 1):
            cell = [grid[row, column], grid[row, column + 1], grid[row + 1, column + 1], grid[row + 1, column]]
            canvas.fill(np.array(cell), grays[(row + column) % 2] + rng.uniform(-8, 8))
    canvas.label(grid.reshape(-1, 2))


def draw_checkerboard(canvas: Canvas, rng: np.random.Generator, box: Box) -> None:
    """Draw a checkerboard in perspective, every grid point a corner."""
    most = int(np.clip(_middle(box)[1].min() / MIN_SIDE, 2, 7))
    rows, columns = rng.integers(2, most + 1, 2)
    grid = _board(rng, box, int(rows), int(columns))
    if grid is not None:
        _draw_board(canvas, rng, grid)


def draw_stripes(canvas: Canvas, rng: np.random.Generator, box: Box) -> None:
    """Draw parallel stripes in perspective; the ends of their edges are corners."""
    most = int(np.clip(_middle(box)[1].min() / MIN_SIDE, 2, 8))
    grid = _board(rng, box, 1, int(rng.integers(2, most + 1)))
    if grid is not None:
        _draw_board(canvas, rng, grid)


def draw_cube(canvas: Canvas, rng: np.random.Generator, box: Box) -> None:
    """Draw a box seen from above a corner: three faces, seven visible corners."""
    center, half = _middle(box)
    angle = rng.uniform(0, 2 * np.pi) + (np.arange(3) + rng.uniform(-0.15, 0.15, 3)) * 2 * np.pi / 3
    length = half.min() * rng.uniform(0.5, 0.9, 3)
    edges = length[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    for i in range(3):
        a, b = edges[i], edges[(i + 1) % 3]
        canvas.fill(center + np.array([0 * a, a, a + b, b]), canvas.new_gray(rng))
    canvas.label(center + np.concatenate([np.zeros((1, 2)), edges, edges + np.roll(edges, 1, 0)]))


def draw_ellipses(canvas: Canvas, rng: np.random.Generator, box: Box) -> None:
    """Draw ellipses, which have no corners."""
    center, half = _middle(box)
    angle = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    for _ in range(int(rng.integers(1, 4))):
        axes, angle_of_axes = half.min() * rng.uniform(0.15, 0.7, 2), rng.uniform(0, np.pi)
        outline = np.stack([axes[0] * np.cos(angle), axes[1] * np.sin(angle)], axis=1)
        rotation = np.array(
            [[np.cos(angle_of_axes), -np.sin(angle_of_axes)], [np.sin(angle_of_axes), np.cos(angle_of_axes)]]
        )
        middle = center + rng.uniform(-0.3, 0.3, 2) * half
        canvas.fill(middle + outline @ rotation.T, canvas.new_gray(rng))


def draw_noise(canvas: Canvas, rng: np.random.Generator, box: Box) -> None:
    """Add noise over the whole image, which has no corners."""
    canvas.add_noise(rng, rng.uniform(20.0, 60.0))


SHAPES: dict[str, Callable[[Canvas, np.random.Generator, Box], None]] = {
    "lines": draw_lines,
    "triangle": draw_triangle,
    "quadrilateral": draw_quadrilateral,
    "polygon": draw_polygon,
    "star": draw_star,
    "checkerboard": draw_checkerboard,
    "stripes": draw_stripes,
    "cube": draw_cube,
    "ellipses": draw_ellipses,
    "noise": draw_noise,
}


def _boxes(rng: np.random.Generator, size: tuple[int, int], rows: int, columns: int) -> list[Box]:
    """Cut the image into a grid of boxes that do not touch."""
    height, width = size
    x, y = np.linspace(0, width - 1, columns + 1), np.linspace(0, height - 1, rows + 1)
    return [(x[c] + 3, y[r] + 3, x[c + 1] - 3, y[r + 1] - 3) for r in range(rows) for c in range(columns)]


def draw_shape(
    rng: np.random.Generator, size: tuple[int, int], kind: str, warp: HomographyRanges | None = DEFAULT_WARP
) -> tuple[np.ndarray, np.ndarray]:
    """Draw one shape.

    Args:
        rng: Source of everything random.
        size: Size of the image, (height, width), pixels.
        kind: Kind of shape, a key of SHAPES.
        warp: Ranges of the homography that the shape is warped by; None = no warp.

    Returns:
        Image, uint8 (height, width), and the corners, float64 (N, 2), pixels.
    """
    canvas = Canvas(rng, size)
    SHAPES[kind](canvas, rng, _boxes(rng, size, 1, 1)[0])
    return canvas.render(None if warp is None else sample_homography(rng, size, warp))


def draw_scene(
    rng: np.random.Generator, size: tuple[int, int], warp: HomographyRanges | None = DEFAULT_WARP
) -> tuple[np.ndarray, np.ndarray]:
    """Draw one to fifteen shapes side by side; arguments and results are those of draw_shape."""
    canvas = Canvas(rng, size)
    kinds = list(SHAPES)
    if rng.uniform() < 0.05:
        SHAPES["noise"](canvas, rng, _boxes(rng, size, 1, 1)[0])
        return canvas.render(None)
    for box in _boxes(rng, size, int(rng.integers(1, 4)), int(rng.integers(1, 6))):
        SHAPES[kinds[rng.integers(len(kinds) - 1)]](canvas, rng, box)
    return canvas.render(None if warp is None else sample_homography(rng, size, warp))

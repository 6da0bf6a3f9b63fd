"""A moment of a bag as one picture: a panel for each camera, each pair of matched cameras, each depth."""

from __future__ import annotations

import cv2
import numpy as np

from superpoint_ros.cli.video import TrackOverlay
from superpoint_ros.cli.view_content import BagContent, Moment, matched_points, tracks_of
from superpoint_ros.core.depth_drawing import color_depth, depth_range
from superpoint_ros.core.drawing import add_caption
from superpoint_ros.core.sparse_depth import is_depth
from superpoint_ros.evaluation.report.drawing import draw_matches

KEYPOINT_COLOR = (60, 230, 250)
KEYPOINT_RADIUS = 2  # pixels
SPARSE_SHARE, SPARSE_DOT = 0.05, 5  # below this share of known pixels, each is drawn as a square of so many
CONFIDENCE = "/confidence"
EMPTY = 32  # gray of a panel that nothing is known of yet


class MomentDrawing:
    """Draw the moments of a bag one after the other; what a moment does not have stays from the one before.

    Args:
        content: The bag.
    """

    def __init__(self, content: BagContent):
        self._content = content
        self._overlays = {name: TrackOverlay() for name in content.images}
        self._panels: dict[str, np.ndarray | None] = dict.fromkeys(
            [*content.images, *content.matches, *content.depths], None
        )
        self._ranges: dict[str, tuple[float, float]] = {}
        self._cell = (0, 0)

    def draw(self, moment: Moment) -> np.ndarray | None:
        """Draw a moment, uint8 (H, W, 3) BGR; None where it has nothing new to show."""
        fresh = {**self._cameras(moment), **self._matches(moment), **self._depths(moment)}
        if not fresh:
            return None
        if self._cell == (0, 0):
            name, image = next(iter(fresh.items()))
            self._cell = image.shape[0], image.shape[1] // (2 if name in self._content.matches else 1)
        self._panels.update(fresh)
        return self._composed()

    def _cameras(self, moment: Moment) -> dict[str, np.ndarray]:
        found = {}
        for name, topic in self._content.images.items():
            image, tracks = moment.content.get(topic), tracks_of(moment, self._content, name)
            if image is None:
                continue
            features = moment.content.get(self._content.features.get(name, ""))
            if tracks is not None:
                found[name] = self._overlays[name].draw(image, tracks)
            else:
                text = "no keypoints recorded" if features is None else f"{len(features)} keypoints"
                found[name] = add_caption(draw_keypoints(image, features), text)
        return found

    def _matches(self, moment: Moment) -> dict[str, np.ndarray]:
        found = {}
        for topic in self._content.matches:
            if (matched := matched_points(moment, self._content, topic)) is not None:
                left, right = (moment.content[self._content.images[name]] for name in matched[:2])
                found[topic] = _labeled(draw_matches(left, right, *matched[2:]), f"{topic}: {len(matched[2])} matches")
        return found

    def _depths(self, moment: Moment) -> dict[str, np.ndarray]:
        return {
            topic: _labeled(self._depth(topic, moment.content[topic]), topic)
            for topic in self._content.depths
            if topic in moment.content
        }

    def _depth(self, topic: str, depth: np.ndarray) -> np.ndarray:
        """Color depth within the range of the topic's first one; confidence from black, 0, to yellow, 1."""
        if topic.endswith(CONFIDENCE):
            gray = (255 * np.clip(np.nan_to_num(depth), 0, 1)).astype(np.uint8)
            return np.asarray(cv2.applyColorMap(gray, cv2.COLORMAP_INFERNO))
        known = is_depth(depth)
        if known.any():
            self._ranges.setdefault(topic, depth_range(depth))
        if known.mean() < SPARSE_SHARE:
            depth = cv2.dilate(np.where(known, depth, 0).astype(np.float32), np.ones((SPARSE_DOT, SPARSE_DOT)))
        return color_depth(depth, *self._ranges.get(topic, (1.0, 1.0)))

    def _composed(self) -> np.ndarray:
        """Lay the cells in rows, as wide as two of the first or as the matches' one; cells never move."""
        height, width = self._cell
        widths = {name: width * (2 if name in self._content.matches else 1) for name in self._panels}
        total = width if len(self._panels) == 1 else 2 * width
        rows: list[list[np.ndarray]] = [[]]
        for name, panel in self._panels.items():
            if rows[-1] and sum(one.shape[1] for one in rows[-1]) + widths[name] > total:
                rows.append([])
            rows[-1].append(_fitted(panel, (height, widths[name])))
        return np.vstack([_fitted(np.hstack(row), (height, total)) for row in rows])


def draw_keypoints(image: np.ndarray, xy: np.ndarray | None) -> np.ndarray:
    """Draw a circle for each keypoint (N, 2) over a copy of a BGR image."""
    canvas: np.ndarray = image.copy()
    for x, y in np.round(np.zeros((0, 2)) if xy is None else xy).astype(int).tolist():
        cv2.circle(canvas, (x, y), KEYPOINT_RADIUS, KEYPOINT_COLOR, 1, cv2.LINE_AA)
    return canvas


def _labeled(image: np.ndarray, text: str) -> np.ndarray:
    """Write what is seen into the top left corner."""
    for color, thickness in (((0, 0, 0), 3), ((255, 255, 255), 1)):
        cv2.putText(image, text, (8, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.5, color, thickness, cv2.LINE_AA)
    return image


def _fitted(image: np.ndarray | None, size: tuple[int, int]) -> np.ndarray:
    """Shrink an image to fit (height, width), and fill what is left with gray."""
    cell = np.full((*size, 3), EMPTY, np.uint8)
    if image is not None:
        scale = min(1.0, *(side / given for side, given in zip(size, image.shape[:2], strict=True)))
        if scale < 1:
            image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        height, width = (min(side, given) for side, given in zip(size, image.shape[:2], strict=True))
        cell[:height, :width] = image[:height, :width]
    return cell

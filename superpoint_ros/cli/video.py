"""What a run looks like: an overlay video, and a contact sheet of some of its images."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import cv2
import numpy as np

from superpoint_ros.core.drawing import Trails, add_caption, draw_tracks
from superpoint_ros.core.errors import SourceError
from superpoint_ros.core.types import STATUS_TRACKED, Tracks

SHEET_COLUMNS, SHEET_ROWS = 3, 3
SHEET_GAP = 6  # pixels
SHEET_WIDTH = 1920  # pixels, at most


class ContactSheet:
    """Keeps images spread evenly over a run of any length, never more than twice as many as it shows."""

    def __init__(self, count: int = SHEET_COLUMNS * SHEET_ROWS):
        self._count = count
        self._stride = 1
        self._added = 0
        self._images: list[np.ndarray] = []

    def add(self, image: np.ndarray) -> None:
        """The next image of the run."""
        if self._added % self._stride == 0:
            self._images.append(image)
            if len(self._images) > 2 * self._count:
                self._images = self._images[::2]
                self._stride *= 2
        self._added += 1

    def compose(self) -> np.ndarray:
        """Uint8 (H, W, 3): the chosen images in rows, in order."""
        chosen = np.unique(np.linspace(0, len(self._images) - 1, self._count).round().astype(int))
        images = [self._images[index] for index in chosen]
        columns = min(SHEET_COLUMNS, len(images))
        height, width = images[0].shape[:2]
        rows = -(-len(images) // columns)
        step_y, step_x = height + SHEET_GAP, width + SHEET_GAP
        sheet = np.full((rows * step_y + SHEET_GAP, columns * step_x + SHEET_GAP, 3), 255, np.uint8)
        for place, image in enumerate(images):
            top, left = place // columns * step_y + SHEET_GAP, place % columns * step_x + SHEET_GAP
            fitted = image if image.shape[:2] == (height, width) else cv2.resize(image, (width, height))
            sheet[top : top + height, left : left + width] = fitted
        scale = min(1.0, SHEET_WIDTH / sheet.shape[1])
        return cv2.resize(sheet, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


class OverlayVideo:
    """Writes images with their tracks to an .mp4 file and, at the end, a contact sheet beside it.

    Args:
        folder: where overlay.mp4 and contact_sheet.png are written.
        rate: images per second of the video.
    """

    def __init__(self, folder: Path, rate: float):
        self.video_path = folder / "overlay.mp4"
        self.sheet_path = folder / "contact_sheet.png"
        self._rate = rate
        self._trails = Trails()
        self._sheet = ContactSheet()
        self._writer: cv2.VideoWriter | None = None
        self._size = (0, 0)
        self._count = 0

    def __enter__(self) -> OverlayVideo:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writer is not None:
            self._writer.release()
            cv2.imwrite(str(self.sheet_path), self._sheet.compose())

    def add(self, image: np.ndarray, tracks: Tracks) -> None:
        """The next image, uint8 (H, W) or (H, W, 3) BGR, with its tracks; all take the first one's size.

        Raises:
            SourceError: the video cannot be written.
        """
        self._count += 1
        overlay = draw_tracks(image, tracks, self._trails.update(tracks))
        tracked = tracks.status == STATUS_TRACKED
        age = tracks.age[tracked].mean() if tracked.any() else 0
        text = f"image {self._count}   {len(tracks)} keypoints   {tracked.sum()} tracks   mean age {age:.1f}"
        overlay = add_caption(overlay, text)
        if self._writer is None:
            self._open(overlay)
        elif overlay.shape[1::-1] != self._size:
            overlay = cv2.resize(overlay, self._size)
        assert self._writer is not None
        self._writer.write(overlay[: self._size[1] // 2 * 2, : self._size[0] // 2 * 2])
        self._sheet.add(overlay)

    def _open(self, overlay: np.ndarray) -> None:
        height, width = overlay.shape[:2]
        self._size = (width, height)
        even = (width // 2 * 2, height // 2 * 2)
        writer = cv2.VideoWriter(str(self.video_path), cv2.VideoWriter.fourcc(*"mp4v"), self._rate, even)
        if not writer.isOpened():
            raise SourceError(f"{self.video_path}: OpenCV cannot write this video; is the folder writable?")
        self._writer = writer

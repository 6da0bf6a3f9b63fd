"""A video of a run, and a contact sheet of some of its images."""

from __future__ import annotations

import sys
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np

from superpoint_ros.cli.video_file import VideoFile, coded_size, missing_encoder
from superpoint_ros.core.drawing import Trails, add_caption, draw_tracks
from superpoint_ros.core.errors import SourceError
from superpoint_ros.core.files import path_beside
from superpoint_ros.core.types import STATUS_NEW, Tracks
from superpoint_ros.evaluation.report.drawing import write_image

SHEET_GAP = 6  # pixels
MAX_SHEET_WIDTH = 1920  # pixels


class ContactSheet:
    """Keep images spread evenly over a run of any length, never more than twice as many as the sheet shows."""

    def __init__(self, columns: int = 3, rows: int = 3):
        self._columns = columns
        self._count = columns * rows
        self._stride = 1
        self._added = 0
        self._images: list[np.ndarray] = []

    def add(self, image: np.ndarray) -> None:
        """Add the next image of the run."""
        if self._added % self._stride == 0:
            self._images.append(image)
            if len(self._images) > 2 * self._count:
                self._images = self._images[::2]
                self._stride *= 2
        self._added += 1

    def compose(self) -> np.ndarray:
        """Compose the chosen images in rows, in order: uint8 (H, W, 3)."""
        chosen = np.unique(np.linspace(0, len(self._images) - 1, self._count).round().astype(int))
        images = [self._images[index] for index in chosen]
        columns = min(self._columns, len(images))
        height, width = images[0].shape[:2]
        rows = -(-len(images) // columns)
        step_y, step_x = height + SHEET_GAP, width + SHEET_GAP
        sheet = np.full((rows * step_y + SHEET_GAP, columns * step_x + SHEET_GAP, 3), 255, np.uint8)
        for place, image in enumerate(images):
            top, left = place // columns * step_y + SHEET_GAP, place % columns * step_x + SHEET_GAP
            fitted = image if image.shape[:2] == (height, width) else cv2.resize(image, (width, height))
            sheet[top : top + height, left : left + width] = fitted
        scale = min(1.0, MAX_SHEET_WIDTH / sheet.shape[1])
        return cv2.resize(sheet, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


class Video:
    """Write images to an .mp4 file, opened at the first one, and at the end a contact sheet beside it.

    Without PyAV there is the contact sheet alone, and a line says so.

    Args:
        video_path: Path of the video.
        sheet_path: Path of the contact sheet.
        rate: Images per second of the video.
        sheet: Contact sheet to fill; None = three rows of three.
    """

    def __init__(self, video_path: Path, sheet_path: Path, rate: float, sheet: ContactSheet | None = None):
        self.video_path = video_path
        self.sheet_path = sheet_path
        self._rate = rate
        self._sheet = sheet or ContactSheet()
        self._file: VideoFile | None = None
        self._size = (0, 0)
        self._missing = missing_encoder()
        if self._missing:
            print(f"no {video_path.name}: {self._missing}", file=sys.stderr)

    @property
    def written(self) -> tuple[Path, ...]:
        """Paths of the files that there are at the end."""
        return (self.sheet_path,) if self._missing else (self.video_path, self.sheet_path)

    def __enter__(self) -> Video:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._size == (0, 0):
            return
        if self._file is not None:
            beside = path_beside(self.video_path)
            try:
                self._file.close()
                beside.replace(self.video_path)
            except (SourceError, OSError):
                beside.unlink(missing_ok=True)
                if error is None:
                    raise
                return
        write_image(self.sheet_path, self._sheet.compose())

    def add(self, image: np.ndarray) -> None:
        """Add the next image, uint8 (H, W, 3) BGR; all are resized to the first one's size.

        Raises:
            SourceError: The video cannot be written.
        """
        height, width = coded_size(self._size if self._size != (0, 0) else image.shape[:2])
        if self._size == (0, 0):
            if not self._missing:
                self._file = VideoFile(path_beside(self.video_path), self._rate, (height, width))
            self._size = image.shape[0], image.shape[1]
        elif image.shape[:2] != self._size:
            image = cv2.resize(image, self._size[::-1])
        image = image[:height, :width]
        image = image if image.shape[:2] == (height, width) else cv2.resize(image, (width, height))
        if self._file is not None:
            self._file.write(image)
        self._sheet.add(image)


class TrackOverlay:
    """Draw a sequence's tracks over its images, with their trails and a caption."""

    def __init__(self) -> None:
        self._trails = Trails()
        self._count = 0

    def draw(self, image: np.ndarray, tracks: Tracks) -> np.ndarray:
        """Draw the tracks of the next image, uint8 (H, W) or (H, W, 3) BGR, and a caption below it."""
        self._count += 1
        overlay = draw_tracks(image, tracks, self._trails.update(tracks))
        tracked = tracks.status != STATUS_NEW
        age = tracks.age[tracked].mean() if tracked.any() else 0
        text = f"image {self._count}   {len(tracks)} keypoints   {tracked.sum()} tracks   mean age {age:.1f}"
        return add_caption(overlay, text)


def overlay_video(folder: Path, rate: float) -> Video:
    """Open the video of what TrackOverlay draws: overlay.mp4 and contact_sheet.png in the folder."""
    return Video(folder / "overlay.mp4", folder / "contact_sheet.png", rate)

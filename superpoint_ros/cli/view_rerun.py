"""A bag as a recording of Rerun (.rrd), which its viewer and a browser open."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any

import cv2
import numpy as np

from superpoint_ros.cli.view_content import BagContent, Moment, matched_points, tracks_of
from superpoint_ros.cli.view_drawing import CONFIDENCE
from superpoint_ros.core.drawing import age_color
from superpoint_ros.core.errors import MissingExtraError
from superpoint_ros.core.files import path_beside
from superpoint_ros.core.stamps import SECOND
from superpoint_ros.core.types import STATUS_NEW, Tracks
from superpoint_ros.evaluation.report.drawing import draw_matches

RADIUS = 2.5  # pixels
TIMELINE = "stamp"


class RerunRecording:
    """Write the moments of a bag into a .rrd file, which is there whole or not at all.

    Args:
        path: Path of the file.
        content: The bag.
        name: Name of the recording.

    Raises:
        MissingExtraError: Rerun is not installed.
    """

    def __init__(self, path: Path, content: BagContent, name: str):
        try:
            import rerun
        except ImportError as error:
            text = f"recordings of Rerun need rerun-sdk ({error}): pip install 'superpoint_ros[rerun]'"
            raise MissingExtraError(text) from error
        self.path = path
        self._content = content
        self._rerun = rerun
        self._recording = rerun.RecordingStream(f"superpoint_ros {name}")
        self._recording.save(path_beside(path))

    def __enter__(self) -> RerunRecording:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._recording.flush()
        self._recording.disconnect()
        if error is None:
            path_beside(self.path).replace(self.path)
        else:
            path_beside(self.path).unlink(missing_ok=True)

    def add(self, moment: Moment) -> None:
        """Write a moment at its stamp."""
        rerun, recording = self._rerun, self._recording
        recording.set_time(TIMELINE, timestamp=moment.stamp / SECOND)
        for camera, topic in self._content.images.items():
            if topic in moment.content:
                recording.log(f"{camera}/image", self._image(moment.content[topic]))
            if (tracks := tracks_of(moment, self._content, camera)) is not None:
                self._add_tracks(camera, tracks)
            elif (xy := moment.content.get(self._content.features.get(camera, ""))) is not None:
                recording.log(f"{camera}/image/keypoints", rerun.Points2D(_corner(xy), radii=RADIUS))
        for topic in self._content.depths:
            if topic in moment.content:
                self._add_depth(topic, moment.content[topic])
        for topic in self._content.matches:
            if (matched := matched_points(moment, self._content, topic)) is not None:
                left, right = (moment.content[self._content.images[name]] for name in matched[:2])
                recording.log(topic.strip("/"), self._image(draw_matches(left, right, *matched[2:])))

    def _image(self, bgr: np.ndarray) -> Any:
        return self._rerun.Image(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)).compress()

    def _add_tracks(self, camera: str, tracks: Tracks) -> None:
        colors = np.array([age_color(age)[::-1] for age in tracks.age.tolist()], np.uint8).reshape(-1, 3)
        points = self._rerun.Points2D(_corner(tracks.xy), colors=colors, radii=RADIUS)
        self._recording.log(f"{camera}/image/tracks", points)
        seen = tracks.status != STATUS_NEW
        steps = np.stack([_corner(tracks.previous_xy), _corner(tracks.xy)], axis=1)[seen]
        lines = self._rerun.LineStrips2D(steps, colors=colors[seen])
        self._recording.log(f"{camera}/image/motion", lines)
        self._recording.log(f"plots/{camera}/tracks", self._rerun.Scalars(float(seen.sum())))

    def _add_depth(self, topic: str, depth: np.ndarray) -> None:
        name = topic.strip("/")
        if topic.endswith(CONFIDENCE):
            self._recording.log(name, self._rerun.Image((255 * np.clip(np.nan_to_num(depth), 0, 1)).astype(np.uint8)))
        else:
            self._recording.log(name, self._rerun.DepthImage(np.nan_to_num(depth), meter=1.0))


def _corner(xy: np.ndarray) -> np.ndarray:
    """Move points from this package's pixels, whose centers are integers, to Rerun's, whose corners are."""
    return np.asarray(xy + 0.5, np.float32)

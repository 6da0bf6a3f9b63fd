"""H.264 in an .mp4 file, as browsers play it; PyAV, an extra, brings the encoder."""

from __future__ import annotations

from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from superpoint_ros.core.errors import MissingExtraError, SourceError

# PyAV's wheels have both FFmpeg's and x264's libraries; builds against a distribution's FFmpeg may have OpenH264 alone.
ENCODERS = ("libx264", "libopenh264")
QUALITY = {"libx264": {"crf": "20"}, "libopenh264": {"rc_mode": "quality"}}
MIN_SIDE = 16  # pixels
MAX_RATE_DENOMINATOR = 1001


def missing_encoder() -> str:
    """Say what is missing for videos, and the cure; "" where nothing is."""
    return "" if find_spec("av") else "videos need PyAV, which is not installed: pip install 'superpoint_ros[video]'"


def coded_size(size: tuple[int, int]) -> tuple[int, int]:
    """Return (height, width) as 4:2:0 needs it: even, and at least MIN_SIDE.

    >>> coded_size((47, 9))
    (46, 16)
    """
    height, width = (max(MIN_SIDE, side // 2 * 2) for side in size)
    return height, width


class VideoFile:
    """Write images of one size as H.264, yuv420p, with the index at the file's beginning (faststart).

    Args:
        path: Path of the file, which ends in .mp4.
        rate: Images per second.
        size: (height, width) of the images, as `coded_size` returns it.

    Raises:
        MissingExtraError: PyAV, or an encoder in its FFmpeg, is missing.
        SourceError: The file cannot be written.
    """

    def __init__(self, path: Path, rate: float, size: tuple[int, int]):
        if missing := missing_encoder():
            raise MissingExtraError(missing)
        import av

        self._error = av.FFmpegError
        encoder = next((name for name in ENCODERS if name in av.codecs_available), None)
        if encoder is None:
            raise MissingExtraError(f"PyAV has none of {', '.join(ENCODERS)}: install its wheel of PyPI")
        self._path = path
        try:
            self._container = av.open(str(path), "w", format="mp4", options={"movflags": "faststart"})
        except self._error as error:
            raise self._refusal(error) from error
        fraction = Fraction(rate).limit_denominator(MAX_RATE_DENOMINATOR)
        stream: Any = self._container.add_stream(encoder, rate=fraction, options=QUALITY[encoder])
        stream.height, stream.width = size
        stream.pix_fmt = "yuv420p"
        self._stream = stream

    def write(self, image: np.ndarray) -> None:
        """Write the next image, uint8 (H, W, 3) BGR.

        Raises:
            SourceError: The file cannot be written.
        """
        import av

        self._encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="bgr24"))

    def close(self) -> None:
        """Write what the encoder holds back, and the index.

        Raises:
            SourceError: The file cannot be written whole.
        """
        try:
            self._encode(None)
            self._container.close()
        except self._error as error:
            raise self._refusal(error) from error

    def _encode(self, frame: Any) -> None:
        try:
            self._container.mux(self._stream.encode(frame))
        except self._error as error:
            raise self._refusal(error) from error

    def _refusal(self, error: Exception) -> SourceError:
        reason = getattr(error, "strerror", None) or str(error)
        return SourceError(f"{self._path}: the video cannot be written: {reason}; is there room?")

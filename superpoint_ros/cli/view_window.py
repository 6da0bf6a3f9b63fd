"""A window that shows images one after the other, by Tk, which comes with Python."""

from __future__ import annotations

import os
from types import TracebackType

import cv2
import numpy as np

from superpoint_ros.core.errors import MissingExtraError

DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")


class Window:
    """Show images in a window; OpenCV's wheels for servers have none.

    Args:
        title: Title of the window.

    Raises:
        MissingExtraError: There is no display, or Python has no Tk.
    """

    def __init__(self, title: str):
        if not any(os.environ.get(name) for name in DISPLAYS):
            names = " nor ".join(DISPLAYS)
            raise MissingExtraError(f"--show needs a display; neither {names} is set: leave it out, or use ssh -X")
        try:
            import tkinter
        except ImportError as error:
            raise MissingExtraError(f"--show needs Tk ({error}): sudo apt install python3-tk") from error
        try:
            self._root = tkinter.Tk()
        except tkinter.TclError as error:
            raise MissingExtraError(f"--show: the display cannot be opened: {error}") from error
        self._root.title(title)
        self._label = tkinter.Label(self._root)
        self._label.pack()
        self._open = True
        self._root.protocol("WM_DELETE_WINDOW", self._stop)

    def __enter__(self) -> Window:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._root.destroy()

    def _stop(self) -> None:
        self._open = False

    def show(self, image: np.ndarray) -> bool:
        """Show an image, uint8 (H, W, 3) BGR; return False once the window was closed."""
        import tkinter

        data = cv2.imencode(".ppm", image)[1].tobytes()
        self._photo = tkinter.PhotoImage(data=data, format="PPM")
        self._label.configure(image=self._photo)
        self._root.update()
        return self._open

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from superpoint_ros.core.errors import MissingExtraError
from superpoint_ros.evaluation.report.plots import plot_curves, plot_error_curves


def test_curves_become_a_picture_the_same_every_time(tmp_path: Path):
    pytest.importorskip("matplotlib")
    for name in ("a.png", "b.png"):
        plot_error_curves(tmp_path / "p" / name, {"one": np.array([1.0, 3.0, np.inf])}, 10.0, "error", "share")
    assert (tmp_path / "p" / "a.png").read_bytes() == (tmp_path / "p" / "b.png").read_bytes()
    image = cv2.imread(str(tmp_path / "p" / "a.png"))
    assert image.shape == (480, 720, 3)
    assert len(np.unique(image)) > 10


def test_without_matplotlib_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match=r"superpoint_ros\[evaluation\]"):
        plot_curves(tmp_path / "a.png", np.arange(3), {}, "x", "y")

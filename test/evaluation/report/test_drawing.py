from pathlib import Path

import cv2
import numpy as np
import pytest

from superpoint_ros.core.errors import DatasetError
from superpoint_ros.evaluation.report.drawing import GREEN, RED, YELLOW, draw_matches, write_image


def test_matches_side_by_side():
    left, right = np.full((20, 30), 50, np.uint8), np.full((24, 40, 3), 80, np.uint8)
    xy0, xy1 = np.array([[5.0, 3.0], [5.0, 15.0]]), np.array([[10.0, 3.0], [10.0, 15.0]])
    drawn = draw_matches(left, right, xy0, xy1, np.array([True, False]))
    assert drawn.shape == (24, 70, 3)
    assert drawn[3, 20] == pytest.approx(np.array(GREEN), abs=30)
    assert drawn[15, 35] == pytest.approx(np.array(RED), abs=30)
    assert drawn[0, 0].tolist() == [50] * 3
    assert drawn[22, 60].tolist() == [80] * 3
    assert draw_matches(left, right, xy0, xy1)[3, 20] == pytest.approx(np.array(YELLOW), abs=30)
    assert left.max() == 50


def test_no_matches_are_two_images():
    image = np.full((20, 30), 50, np.uint8)
    drawn = draw_matches(image, image, np.zeros((0, 2)), np.zeros((0, 2)))
    assert (drawn == 50).all()


def test_images_are_written_where_they_should(tmp_path: Path):
    write_image(tmp_path / "a" / "b.png", np.full((5, 5, 3), 9, np.uint8))
    assert (cv2.imread(str(tmp_path / "a" / "b.png")) == 9).all()
    (tmp_path / "taken.png").mkdir()
    with pytest.raises(DatasetError, match="cannot be written"):
        write_image(tmp_path / "taken.png", np.zeros((5, 5, 3), np.uint8))

from pathlib import Path

import cv2
import numpy as np
import pytest

from superpoint_ros.evaluation.datasets.sizing import read_sized, sized, target_size


@pytest.mark.parametrize(
    ("size", "expected"), [(None, (600, 800)), (400, (300, 400)), (1000, (600, 800)), ((240, 320), (240, 320))]
)
def test_target_sizes(size, expected):
    assert target_size((600, 800), size) == expected


def test_color_becomes_gray_at_the_wanted_size(tmp_path: Path):
    image = np.full((60, 80, 3), (10, 20, 200), np.uint8)
    assert sized(image, 40).shape == (30, 40)
    assert sized(image, None).shape == (60, 80)
    cv2.imwrite(str(tmp_path / "a.png"), image)
    gray, original = read_sized(tmp_path / "a.png", (20, 30))
    assert gray.shape == (20, 30)
    assert original == (60, 80)

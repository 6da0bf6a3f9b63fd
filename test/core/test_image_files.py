from pathlib import Path

import pytest

from superpoint_ros.core.image_files import IMAGE_SUFFIXES, is_image_file


@pytest.mark.parametrize("suffix", IMAGE_SUFFIXES)
def test_every_suffix_is_known_in_both_cases(suffix):
    assert is_image_file(Path(f"folder/image{suffix}"))
    assert is_image_file(Path(f"image{suffix.upper()}"))


@pytest.mark.parametrize("name", ["notes.txt", "png", ".png", "image", "image.png.npz"])
def test_other_files_are_none(name):
    assert not is_image_file(Path(name))

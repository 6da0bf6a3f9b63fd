"""Photographs in place of drawn textures."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from superpoint_ros.core.errors import ImageError
from superpoint_ros.scenes.photographs import cut_texture, with_photographs
from superpoint_ros.scenes.scene import Scene

RED = np.full((40, 60, 3), (200, 30, 20), np.uint8)
GRAY = np.full((40, 60, 3), 100, np.uint8)


def drawn(count: int = 200) -> Scene:
    """A scene of green textures alone."""
    textures = torch.zeros((count, 8, 8, 3), dtype=torch.uint8)
    textures[..., 1] = 255
    return Scene([], textures, [], 0.5)


@pytest.fixture
def files(tmp_path):
    path = tmp_path / "red.png"
    cv2.imwrite(str(path), RED[..., ::-1])
    return [path]


@pytest.mark.parametrize(("share", "low", "high"), [(0.0, 0, 0), (0.6, 90, 150), (1.0, 200, 200)])
def test_a_share_of_the_textures_is_of_photographs(files, share, low, high):
    scene = drawn()
    textures = with_photographs(scene, files, share, np.random.default_rng(0)).textures.numpy()
    red = (textures == RED[0, 0]).all(axis=(1, 2, 3))
    assert low <= red.sum() <= high
    assert (textures[~red] == scene.textures[0].numpy()).all()
    assert (scene.textures == drawn().textures).all()


def test_the_same_generator_gives_the_same_textures(files):
    first, second = (with_photographs(drawn(), files, 0.5, np.random.default_rng(3)).textures for _ in range(2))
    assert torch.equal(first, second)


def test_a_gray_photograph_is_tinted_and_one_with_colors_is_not():
    tinted = cut_texture(GRAY, np.random.default_rng(0), 16)
    assert tinted.shape == (16, 16, 3)
    assert len(set(tinted[0, 0].tolist())) == 3
    colored = cut_texture(RED, np.random.default_rng(0), 64)
    np.testing.assert_array_equal(colored, np.broadcast_to(RED[0, 0], (64, 64, 3)))


def test_a_photograph_of_one_pixel_is_enough():
    assert cut_texture(RED[:1, :1], np.random.default_rng(0), 4).shape == (4, 4, 3)


def test_a_file_that_is_no_image_is_named(tmp_path):
    path = tmp_path / "broken.png"
    path.write_bytes(b"no image")
    with pytest.raises(ImageError, match="broken"):
        with_photographs(drawn(), [path], 1.0, np.random.default_rng(0))

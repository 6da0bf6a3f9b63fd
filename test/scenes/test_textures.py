import cv2
import numpy as np
import pytest

from superpoint_ros.scenes.texture_drawing import fractal_noise
from superpoint_ros.scenes.textures import TEXTURES


@pytest.mark.parametrize("name", TEXTURES)
def test_shape_and_determinism(name):
    first, again, other = (TEXTURES[name](np.random.default_rng(seed), 128) for seed in (3, 3, 4))
    assert first.shape == (128, 128, 3)
    assert first.dtype == np.uint8
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("name", TEXTURES)
def test_there_is_something_to_track(name):
    gray = cv2.cvtColor(TEXTURES[name](np.random.default_rng(0), 256), cv2.COLOR_RGB2GRAY)
    corners = cv2.goodFeaturesToTrack(gray, maxCorners=200, qualityLevel=0.02, minDistance=4)
    assert len(corners) >= 20


@pytest.mark.parametrize("name", ["bricks", "terrazzo"])
def test_the_seam_of_a_tileable_texture_is_no_edge(name):
    image = TEXTURES[name](np.random.default_rng(1), 256).astype(float)
    across_seam = np.abs(image[:, 0] - image[:, -1]).mean()
    inside = np.abs(np.diff(image, axis=1)).mean(axis=(0, 2))
    assert across_seam <= inside.max()


def test_noise_is_normalized_and_wraps():
    noise = fractal_noise(np.random.default_rng(0), 128, (4, 4))
    assert abs(noise.mean()) < 1e-5
    assert abs(noise.std() - 1) < 1e-3
    assert np.abs(noise[0] - noise[-1]).mean() < 2 * np.abs(np.diff(noise, axis=0)).mean()

import pytest
import torch

from superpoint_ros.scenes.photometric import Photometric
from superpoint_ros.scenes.photometric_ranges import PhotometricRanges

NOTHING = {
    "brightness": 0.0, "contrast": 1.0, "gamma": 1.0, "exposure": 1.0, "noise": 0.0, "speckle": 0.0,
    "shade": 0.0, "blur": 0.0, "motion": 0.0, "probability": 1.0,
}  # fmt: skip


def apply(images: torch.Tensor, seed: int = 0, **ranges: float) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return Photometric(PhotometricRanges(**(NOTHING | ranges)), generator)(images)


def images() -> torch.Tensor:
    return torch.rand((3, 1, 24, 32), generator=torch.Generator().manual_seed(1))


def test_nothing_changes_nothing():
    torch.testing.assert_close(apply(images()), images())


def test_everything_stays_in_range_and_shape():
    generator = torch.Generator().manual_seed(0)
    noisy = Photometric(PhotometricRanges(), generator)(images())
    assert noisy.shape == images().shape
    assert noisy.min() >= 0.0
    assert noisy.max() <= 1.0


CHANGES = [
    {"brightness": 0.3}, {"contrast": 2.0}, {"gamma": 2.0}, {"exposure": 2.0}, {"noise": 0.1},
    {"speckle": 0.2}, {"shade": 0.5}, {"blur": 1.5}, {"motion": 7.0},
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_each_kind_changes_images_by_its_seed_alone(change):
    assert not torch.equal(apply(images(), **change), images())
    torch.testing.assert_close(apply(images(), 4, **change), apply(images(), 4, **change), rtol=0, atol=0)
    assert not torch.equal(apply(images(), 4, **change), apply(images(), 5, **change))


@pytest.mark.parametrize("change", [{"blur": 1.5}, {"motion": 7.0}])
def test_blur_keeps_the_mean_and_shifts_nothing(change):
    point = torch.zeros(1, 1, 41, 41)
    point[0, 0, 20, 20] = 1.0
    blurred = apply(point, 3, **change)[0, 0]
    offset = torch.arange(41.0) - 20
    assert blurred.sum() == pytest.approx(1.0, abs=1e-4)
    assert float((blurred.sum(0) * offset).sum()) == pytest.approx(0.0, abs=1e-4)
    assert float((blurred.sum(1) * offset).sum()) == pytest.approx(0.0, abs=1e-4)


def test_brightness_shifts_all_pixels_alike():
    gray = torch.full((4, 1, 8, 8), 0.5)
    shifted = apply(gray, brightness=0.2)
    assert torch.all((shifted - shifted[:, :, :1, :1]).abs() < 1e-6)
    assert (shifted - 0.5).abs().max() <= 0.2


def test_out_of_range_is_named():
    with pytest.raises(ValueError, match="gamma"):
        PhotometricRanges(gamma=0.5)

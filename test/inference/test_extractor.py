import cv2
import numpy as np
import pytest
import torch
from helpers import reference
from helpers.seeded import seeded_network, seeded_weights_file
from hypothesis import given, settings
from hypothesis import strategies as st

from superpoint_ros.core.decode_options import DecodeOptions
from superpoint_ros.core.errors import BackendError, CheckpointError, ImageError
from superpoint_ros.core.image import pad_to_multiple
from superpoint_ros.inference import backend as backends
from superpoint_ros.inference.extractor import Extractor


@pytest.fixture(scope="module")
def extractor(tmp_path_factory) -> Extractor:
    return Extractor(
        seeded_weights_file(tmp_path_factory.mktemp("weights")),
        device="cpu",
        precision="float32",
        options=DecodeOptions(detection_threshold=0.05),
    )


def picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)


def assert_same(one, other):
    np.testing.assert_array_equal(one.xy, other.xy)
    np.testing.assert_allclose(one.score, other.score, atol=1e-5)
    np.testing.assert_allclose(one.descriptors, other.descriptors, atol=1e-4)


def test_types_shapes_and_order(extractor):
    features = extractor.extract(picture(64, 80))
    assert features.xy.dtype == features.score.dtype == features.descriptors.dtype == np.float32
    assert features.xy.shape == (len(features), 2)
    assert features.descriptors.shape == (len(features), 256)
    assert features.image_size == (64, 80)
    assert len(features) > 10
    assert np.all(np.diff(features.score) <= 0)
    np.testing.assert_allclose(np.linalg.norm(features.descriptors, axis=1), 1, atol=1e-5)


def test_agrees_with_the_plain_decoder(extractor):
    image = picture(45, 61)
    features = extractor.extract(image)
    batch = torch.from_numpy(pad_to_multiple(image, 8)).float()[None, None] / 255
    logits, descriptors = seeded_network()(batch)
    heat = reference.heatmap(logits[0].numpy()).astype(np.float32)[:45, :61]
    expected = reference.without_border(reference.greedy(heat, 0.05, 4), (45, 61), 4)
    assert {(int(x), int(y)) for x, y in features.xy} == set(expected)
    for (x, y), row in zip(features.xy, features.descriptors, strict=True):
        np.testing.assert_allclose(row, reference.sample(descriptors[0].numpy(), x, y, 3.5), atol=1e-4)


def test_a_list_gives_a_list_in_the_same_order(extractor):
    images = [picture(48, 64, 1), picture(40, 56, 2), picture(48, 64, 3)]
    together = extractor.extract(images)
    assert [features.image_size for features in together] == [(48, 64), (40, 56), (48, 64)]
    for image, features in zip(images, together, strict=True):
        assert_same(extractor.extract(image), features)


def test_color_is_turned_to_gray(extractor):
    gray = picture(48, 64)
    assert_same(extractor.extract(gray), extractor.extract(np.repeat(gray[:, :, None], 3, axis=2)))


def test_an_empty_list(extractor):
    assert extractor.extract([]) == []


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 45), st.integers(1, 45))
def test_every_size_works_and_nothing_is_found_in_padding_or_border(extractor, height, width):
    features = extractor.extract(picture(height, width))
    assert features.image_size == (height, width)
    x, y = features.xy.T
    assert np.all((x >= 4) & (x < width - 4) & (y >= 4) & (y < height - 4))


def test_a_bad_image_is_named(extractor):
    with pytest.raises(ImageError, match="float64"):
        extractor.extract(np.zeros((8, 8)))


@pytest.mark.parametrize("wrap", [lambda image: image, lambda image: [image]])
def test_an_image_that_could_not_be_read_is_named(extractor, wrap):
    with pytest.raises(ImageError, match=r"image is None.* cv2\.imread"):
        extractor.extract(wrap(cv2.imread("absent.png")))


@pytest.mark.parametrize("image", ["image.png", 3, b"png"])
def test_what_is_no_image_is_named(extractor, image):
    with pytest.raises(ImageError, match="not a NumPy array"):
        extractor.extract(image)


def test_same_input_same_bytes(extractor):
    image = picture(64, 64)
    first, second = extractor.extract(image), extractor.extract(image)
    assert first.xy.tobytes() == second.xy.tobytes()
    assert first.descriptors.tobytes() == second.descriptors.tobytes()


def test_sampling_follows_the_layout_and_can_be_overridden(tmp_path):
    torch.save(seeded_network().state_dict(), tmp_path / "released.pth")
    ours = seeded_weights_file(tmp_path)
    assert Extractor(tmp_path / "released.pth", device="cpu").resolved_options.descriptor_sampling == "magicleap"
    assert (
        Extractor(
            tmp_path / "released.pth", device="cpu", options=DecodeOptions(descriptor_sampling="exact")
        ).resolved_options.descriptor_sampling
        == "exact"
    )
    assert Extractor(ours, device="cpu").resolved_options.descriptor_sampling == "exact"


def test_options_out_of_range_are_named(tmp_path):
    with pytest.raises(ValueError, match="threshold"):
        DecodeOptions(detection_threshold=2.0)


def test_weights_that_are_not_there_are_never_replaced():
    with pytest.raises(CheckpointError, match="no such file"):
        Extractor("nowhere.safetensors")


def test_an_unknown_backend_lists_the_known_ones(tmp_path):
    with pytest.raises(BackendError, match="'tpu' is not one of auto, openvino, torch"):
        Extractor(seeded_weights_file(tmp_path), backend="tpu")


@pytest.mark.parametrize("device", ["gpu", "mps", "cuda:99"])
def test_a_device_that_is_not_there_is_an_error(tmp_path, device):
    with pytest.raises(BackendError, match=device):
        Extractor(seeded_weights_file(tmp_path), device=device)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")
def test_cuda_asked_for_and_absent_says_so(tmp_path):
    with pytest.raises(BackendError, match="finds 0 CUDA devices"):
        Extractor(seeded_weights_file(tmp_path), device="cuda")


def test_another_backend_can_be_put_into_the_table(monkeypatch, tmp_path):
    class Fake:
        device, descriptor_sampling, sha256 = "nowhere", "exact", "0" * 64

        def __call__(self, images, options):
            return [(np.ones((1, 2), np.float32), np.ones(1, np.float32), np.ones((1, 4), np.float32)) for _ in images]

    monkeypatch.setitem(backends.BACKENDS, "fake", lambda model, options: Fake())
    fake = Extractor("unread.pth", backend="fake")
    assert (fake.device, fake.name) == ("nowhere", "unread")
    assert fake.extract(picture(20, 20)).descriptors.shape == (1, 4)

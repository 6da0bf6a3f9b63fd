import cv2
import numpy as np
import pytest
from helpers.seeded import batch_norm_weights, released_weights, seeded_weights_file
from helpers.shared_data import shared_data

from superpoint_ros.core.decode_options import DecodeOptions
from superpoint_ros.core.errors import BackendError
from superpoint_ros.inference import backend as backends
from superpoint_ros.inference.extractor import Extractor

pytest.importorskip("openvino", reason="OpenVINO is not installed")


def assert_same_features(first, second):
    """The same keypoints but for the last bits: of equal strength they may change places."""
    assert len(first) == len(second)
    order0, order1 = (np.lexsort(features.xy.round(1).T) for features in (first, second))
    np.testing.assert_allclose(first.xy[order0], second.xy[order1], atol=2e-3)
    np.testing.assert_allclose(first.score[order0], second.score[order1], atol=1e-4)
    assert np.sum(first.descriptors[order0] * second.descriptors[order1], axis=1).min() > 0.9999


@pytest.mark.parametrize("shape", [(240, 320), (121, 163), (120, 160, 3)])
def test_openvino_and_torch_agree(tmp_path, shape):
    weights = seeded_weights_file(tmp_path)
    image = np.random.default_rng(0).integers(0, 255, shape, np.uint8)
    options = DecodeOptions(max_keypoints=None, detection_threshold=0.0155)
    first, second = (Extractor(weights, backend=name, options=options) for name in ("torch", "openvino"))
    assert first.weights_sha256 == second.weights_sha256
    assert_same_features(first.extract(image), second.extract(image))


@pytest.mark.parametrize("make", [released_weights, batch_norm_weights])
def test_other_layouts_run_in_openvino_too(tmp_path, make):
    torch = pytest.importorskip("torch")
    torch.save(make(), tmp_path / "weights.pth")
    image = np.random.default_rng(2).integers(0, 255, (80, 96), np.uint8)
    first, second = (Extractor(tmp_path / "weights.pth", backend=name, device="cpu") for name in ("torch", "openvino"))
    assert len(first.extract(image)) > 0
    assert_same_features(first.extract(image), second.extract(image))


def test_openvino_and_torch_agree_on_a_real_image():
    path = sorted(shared_data("sequences/tum_fr2_desk/images").iterdir())[3]
    first, second = (Extractor(backend=name, device="cpu") for name in ("torch", "openvino"))
    image = cv2.imread(str(path))
    assert_same_features(first.extract(image), second.extract(image))


def test_every_image_of_a_batch_gets_its_own_keypoints(tmp_path):
    extractor = Extractor(seeded_weights_file(tmp_path), backend="openvino")
    images = list(np.random.default_rng(1).integers(0, 255, (3, 64, 96), np.uint8))
    together = extractor.extract(images)
    for image, features in zip(images, together, strict=True):
        alone = extractor.extract(image)
        np.testing.assert_array_equal(alone.xy, features.xy)
        np.testing.assert_array_equal(alone.descriptors, features.descriptors)


def test_no_other_device_is_taken_in_place_of_a_gpu():
    with pytest.raises(BackendError, match="device 'cuda' is not one of auto, cpu"):
        Extractor(backend="openvino", device="cuda")


@pytest.mark.parametrize(
    ("device", "driver", "installed", "name"),
    [
        ("cpu", True, True, "openvino"),
        ("auto", False, True, "openvino"),
        ("auto", True, True, "torch"),
        ("cuda:1", True, True, "torch"),
        ("cpu", False, False, "torch"),
    ],
)
def test_what_auto_chooses(monkeypatch, tmp_path, device, driver, installed, name):
    path = tmp_path / "version"
    if driver:
        path.touch()
    monkeypatch.setattr(backends, "NVIDIA_DRIVER", path)
    found = {"torch": object(), "openvino": object() if installed else None}
    monkeypatch.setattr(backends.importlib.util, "find_spec", found.get)
    assert backends.choose_automatically(device)[0] == name

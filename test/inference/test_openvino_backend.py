import subprocess
import sys
from dataclasses import replace

import cv2
import numpy as np
import pytest
from helpers.features import assert_same_features
from helpers.seeded import batch_norm_weights, released_weights, seeded_weights_file
from helpers.shared_data import shared_data

from superpoint_ros.bench.case import draw_images
from superpoint_ros.core.decode_options import DecodeOptions
from superpoint_ros.core.errors import BackendError, ParameterError
from superpoint_ros.inference.backend import load_backend
from superpoint_ros.inference.extractor import Extractor
from superpoint_ros.inference.models import find_model
from superpoint_ros.inference.network_options import RuntimeOptions

pytest.importorskip("openvino", reason="OpenVINO is not installed")
from superpoint_ros.inference import openvino_runtime


@pytest.mark.parametrize("shape", [(240, 320), (121, 163), (120, 160, 3)])
def test_openvino_and_torch_agree(tmp_path, shape):
    weights = seeded_weights_file(tmp_path)
    image = np.random.default_rng(0).integers(0, 255, shape, np.uint8)
    options = DecodeOptions(max_keypoints=None, detection_threshold=0.0155)
    first, second = (
        Extractor(weights, backend=name, precision="float32", options=options) for name in ("torch", "openvino")
    )
    assert first.weights_sha256 == second.weights_sha256
    assert_same_features(first.extract(image), second.extract(image))


@pytest.mark.parametrize("make", [released_weights, batch_norm_weights])
def test_other_layouts_run_in_openvino_too(tmp_path, make):
    torch = pytest.importorskip("torch")
    torch.save(make(), tmp_path / "weights.pth")
    image = np.random.default_rng(2).integers(0, 255, (80, 96), np.uint8)
    weights = tmp_path / "weights.pth"
    first, second = (Extractor(weights, backend=name, precision="float32") for name in ("torch", "openvino"))
    assert len(first.extract(image)) > 0
    assert_same_features(first.extract(image), second.extract(image))


def test_the_bundled_lite_network_finds_what_the_large_one_does():
    path = sorted(shared_data("sequences/tum_fr2_desk/images").iterdir())[3]
    image = cv2.imread(str(path))
    full, lite = (
        Extractor(model=name, precision="float32").extract(image) for name in ("superpoint", "superpoint_lite")
    )
    assert lite.descriptors.shape[1] == 128
    distance = np.linalg.norm(full.xy[:, None] - lite.xy[None], axis=2).min(axis=1)
    assert np.mean(distance[:300] <= 3) > 0.7  # full's strongest


def test_the_lite_network_runs_in_openvino_too(tmp_path):
    torch = pytest.importorskip("torch")
    from superpoint_ros.networks.checkpoint import save_checkpoint
    from superpoint_ros.networks.layers import ARCHITECTURES
    from superpoint_ros.networks.superpoint import SuperPoint
    from superpoint_ros.networks.torch_weights import to_weights

    torch.manual_seed(0)
    save_checkpoint(tmp_path / "lite.safetensors", to_weights(SuperPoint(ARCHITECTURES["superpoint_lite"])))
    image = np.random.default_rng(2).integers(0, 255, (80, 96), np.uint8)
    options = DecodeOptions(detection_threshold=0.0)
    first, second = (
        Extractor(tmp_path / "lite.safetensors", backend=name, precision="float32", options=options).extract(image)
        for name in ("torch", "openvino")
    )
    assert first.descriptors.shape[1] == 128
    assert_same_features(first, second)


def test_openvino_and_torch_agree_on_a_real_image():
    path = sorted(shared_data("sequences/tum_fr2_desk/images").iterdir())[3]
    image = cv2.imread(str(path))
    first, second = (Extractor(backend=name, device="cpu", precision="float32") for name in ("torch", "openvino"))
    assert_same_features(first.extract(image), second.extract(image))


def test_the_bundled_weights_run_in_8_bits_by_default_and_find_the_same():
    path = sorted(shared_data("sequences/tum_fr2_desk/images").iterdir())[3]
    image = cv2.imread(str(path))
    full, chosen = Extractor(precision="float32", device="cpu"), Extractor(backend="openvino")
    assert chosen.device == "cpu (OpenVINO, int8)"
    expected, found = full.extract(image), chosen.extract(image)
    distance = np.linalg.norm(expected.xy[:, None] - found.xy[None], axis=2)
    near, partner = distance.min(axis=1) <= 1, distance.argmin(axis=1)
    assert near.mean() > 0.95
    assert np.sum(expected.descriptors[near] * found.descriptors[partner[near]], axis=1).mean() > 0.998


def test_a_precision_that_is_not_there_is_an_error(tmp_path):
    weights = seeded_weights_file(tmp_path)
    with pytest.raises(BackendError, match="precision 'int8': weights that are not quantized"):
        Extractor(weights, backend="openvino", precision="int8")
    with pytest.raises(BackendError, match="precision 'int8': backend 'torch' has 'float32' and 'bfloat16' alone"):
        Extractor(weights, backend="torch", device="cpu", precision="int8")
    with pytest.raises(ParameterError, match="precision='half' is not one of"):
        Extractor(weights, precision="half")


def test_torch_in_bfloat16_finds_nearly_the_same():
    image = draw_images((120, 160))[0]
    full, half = (Extractor(backend="torch", device="cpu", precision=name) for name in ("float32", "bfloat16"))
    assert half.device == "cpu (PyTorch, bfloat16)"
    expected, found = full.extract(image), half.extract(image)
    distance = np.linalg.norm(expected.xy[:, None] - found.xy[None], axis=2)
    near, partner = distance.min(axis=1) <= 1, distance.argmin(axis=1)
    assert len(expected) > 50
    assert near.mean() > 0.95
    assert np.sum(expected.descriptors[near] * found.descriptors[partner[near]], axis=1).mean() > 0.998


@pytest.mark.parametrize(
    ("precision", "quantized", "bfloat16", "chosen"),
    [
        ("auto", True, True, "int8"),
        ("auto", False, True, "bfloat16"),
        ("auto", False, False, "float32"),
        ("float32", True, True, "float32"),
    ],
)
def test_which_precision_auto_chooses(monkeypatch, precision, quantized, bfloat16, chosen):
    monkeypatch.setattr(openvino_runtime, "_has_bfloat16", lambda: bfloat16)
    model = find_model() if quantized else replace(find_model(), quantization=None)
    options = RuntimeOptions(backend="openvino", precision=precision)
    assert load_backend(model, options).device == f"cpu (OpenVINO, {chosen})"


def test_bfloat16_needs_a_processor_that_has_it(monkeypatch):
    monkeypatch.setattr(openvino_runtime, "_has_bfloat16", lambda: False)
    with pytest.raises(BackendError, match="a CPU without bfloat16"):
        Extractor(backend="openvino", precision="bfloat16")


class Compiled(Exception):
    pass


def settings_of(extractor: Extractor) -> dict[str, str]:
    """Return how the network is compiled when the first image comes."""

    def stop(*given):
        raise Compiled(given[-1])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(openvino_runtime.Core, "compile_model", stop)
        with pytest.raises(Compiled) as compiled:
            extractor.extract(np.zeros((64, 96), np.uint8))
    return compiled.value.args[0]


def test_threads_are_bounded(tmp_path, monkeypatch):
    weights = seeded_weights_file(tmp_path)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    extractors = [Extractor(weights, backend="openvino", threads=threads) for threads in (2, None)]
    monkeypatch.delenv("OMP_NUM_THREADS")
    extractors.append(Extractor(weights, backend="openvino"))
    assert [settings_of(one).get("INFERENCE_NUM_THREADS") for one in extractors] == ["2", "3", None]


@pytest.mark.parametrize(("bfloat16", "floating"), [(True, "bf16"), (False, "f32")])
def test_what_is_not_quantized_is_computed_in_the_fastest_floats(monkeypatch, bfloat16, floating):
    monkeypatch.setattr(openvino_runtime, "_has_bfloat16", lambda: bfloat16)
    assert settings_of(Extractor(backend="openvino", precision="int8"))["INFERENCE_PRECISION_HINT"] == floating
    assert settings_of(Extractor(backend="openvino", precision="float32"))["INFERENCE_PRECISION_HINT"] == "f32"


def test_a_size_is_compiled_once_and_what_that_leaves_is_given_back(monkeypatch):
    extractor = Extractor(backend="openvino", precision="float32")
    compiled, given_back = [], []
    monkeypatch.setattr(openvino_runtime, "give_back_free_memory", lambda: given_back.append(len(compiled)))
    compile_model = openvino_runtime.Core.compile_model
    monkeypatch.setattr(
        openvino_runtime.Core, "compile_model", lambda *given: compiled.append(given[1]) or compile_model(*given)
    )
    images = [
        np.random.default_rng(seed).integers(0, 255, size, np.uint8)
        for seed, size in enumerate([(64, 96), (96, 64)] * 2)
    ]
    found = [extractor.extract(image) for image in images]
    assert len(compiled) == 2
    assert given_back == [1, 2]
    again = [extractor.extract(image) for image in images]
    for one, other in zip(found, again, strict=True):
        np.testing.assert_array_equal(one.xy, other.xy)
        np.testing.assert_array_equal(one.descriptors, other.descriptors)


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


# The network is loaded by one thread and freed by another, as in a node that is cleaned up; then comes a signal.
FREED_ELSEWHERE = """
import gc, signal, threading
import numpy as np
from superpoint_ros.inference.extractor import Extractor

extractors = [Extractor(backend="openvino")]
extractors[0].extract(np.zeros((64, 64), np.uint8))
thread = threading.Thread(target=lambda: (extractors.clear(), gc.collect()))
thread.start()
thread.join()
signal.signal(signal.SIGUSR1, lambda number, frame: print("handled"))
signal.raise_signal(signal.SIGUSR1)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="OpenVINO gives threads a stack for signals on Linux")
def test_a_signal_is_handled_after_another_thread_has_freed_the_network():
    finished = subprocess.run([sys.executable, "-c", FREED_ELSEWHERE], capture_output=True, text=True, timeout=60)
    assert (finished.returncode, finished.stdout) == (0, "handled\n"), finished.stderr

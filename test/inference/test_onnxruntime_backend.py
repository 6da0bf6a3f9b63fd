from __future__ import annotations

import logging
import sys
from dataclasses import replace

import numpy as np
import pytest
from helpers.features import assert_same_features
from helpers.seeded import batch_norm_weights, seeded_d3_file, seeded_weights_file

from superpoint_ros.core.decode_options import DecodeOptions
from superpoint_ros.core.errors import BackendError, MissingExtraError
from superpoint_ros.inference.backend import load_backend
from superpoint_ros.inference.depth_backend import find_depth_model, load_depth_backend
from superpoint_ros.inference.extractor import Extractor
from superpoint_ros.inference.models import find_model
from superpoint_ros.inference.network_options import RuntimeOptions
from superpoint_ros.scenes.collage import draw_collage

onnxruntime = pytest.importorskip("onnxruntime", reason="the extra [onnxruntime] is not installed")
pytest.importorskip("onnx", reason="the extra [onnxruntime] is not installed")

GPU_BUILD = ["TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"]
ALL_KEYPOINTS = DecodeOptions(max_keypoints=None, detection_threshold=0.0155)


class Sessions:
    """Stand in for a build of ONNX Runtime with TensorRT and CUDA: what is asked of it is run on the processor."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, starts: list[str]):
        self.starts, self.asked, self._session = starts, [], onnxruntime.InferenceSession
        monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: GPU_BUILD)
        monkeypatch.setattr(onnxruntime, "InferenceSession", self.start)

    def start(self, graph, settings, providers):
        self.asked.append(providers)
        session = self._session(graph, settings, ["CPUExecutionProvider"])
        session.get_providers = lambda: self.starts
        return session


@pytest.fixture
def gpu(monkeypatch):
    return Sessions(monkeypatch, GPU_BUILD)


@pytest.mark.parametrize("shape", [(240, 320), (121, 163), (120, 160, 3)])
@pytest.mark.parametrize("other", ["torch", "openvino"])
def test_it_finds_what_the_others_find(tmp_path, shape, other):
    weights = seeded_weights_file(tmp_path)
    image = np.random.default_rng(0).integers(0, 255, shape, np.uint8)
    first, second = (
        Extractor(weights, backend=name, device="cpu", precision="float32", options=ALL_KEYPOINTS)
        for name in (other, "onnxruntime")
    )
    found = second.extract(image)
    assert len(found) > 0
    assert_same_features(first.extract(image), found)
    assert second.device == "cpu (ONNX Runtime, float32)"


def test_batch_norm_after_the_relu(tmp_path):
    torch = pytest.importorskip("torch")
    torch.save(batch_norm_weights(), tmp_path / "weights.pth")
    image = np.random.default_rng(2).integers(0, 255, (80, 96), np.uint8)
    first, second = (
        Extractor(tmp_path / "weights.pth", backend=name, device="cpu", precision="float32")
        for name in ("torch", "onnxruntime")
    )
    assert_same_features(first.extract(image), second.extract(image))


@pytest.mark.parametrize("size", [(96, 128), (50, 70), (1, 1)])
def test_depth_is_that_of_openvino(tmp_path, size):
    model = find_depth_model(seeded_d3_file(tmp_path))
    rng = np.random.default_rng(3)
    rgb, hints = rng.integers(0, 256, (*size, 3), np.uint8), rng.random((4, *size), np.float32)
    expected, found = (
        load_depth_backend(model, RuntimeOptions(backend=name, device="cpu", precision="float32"))(rgb, hints)
        for name in ("openvino", "onnxruntime")
    )
    for one, other in zip(expected, found, strict=True):
        assert one.shape == other.shape == size
        np.testing.assert_allclose(other, one, atol=1e-4)


def test_the_bundled_weights_run_in_8_bits_by_default_and_find_the_same():
    image = draw_collage(np.random.default_rng(1), (240, 320))
    full, chosen = Extractor(backend="onnxruntime", device="cpu", precision="float32"), Extractor(backend="onnxruntime")
    assert chosen.device == "cpu (ONNX Runtime, int8)"
    expected, found = full.extract(image), chosen.extract(image)
    distance = np.linalg.norm(expected.xy[:, None] - found.xy[None], axis=2)
    near, partner = distance.min(axis=1) <= 1, distance.argmin(axis=1)
    assert near.mean() > 0.95
    assert np.sum(expected.descriptors[near] * found.descriptors[partner[near]], axis=1).mean() > 0.998


def test_weights_that_are_not_quantized_run_in_float32():
    backend = load_backend(replace(find_model(), quantization=None), RuntimeOptions("onnxruntime", "cpu"))
    assert backend.device == "cpu (ONNX Runtime, float32)"


@pytest.mark.parametrize(
    ("precision", "says"),
    [
        ("int8", "precision 'int8': weights that are not quantized"),
        ("float16", "precision 'float16': ONNX Runtime is fast in it on a GPU alone; use 'float32' or 'auto'"),
        ("bfloat16", "precision 'bfloat16': this backend does not have it"),
    ],
)
def test_a_precision_that_is_not_there_is_an_error(tmp_path, precision, says):
    with pytest.raises(BackendError, match=says):
        Extractor(seeded_weights_file(tmp_path), backend="onnxruntime", device="cpu", precision=precision)


@pytest.mark.parametrize("device", ["cuda", "cuda:1"])
def test_a_gpu_without_its_build_is_an_error_that_names_the_cure(monkeypatch, device):
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(BackendError, match=rf"device '{device}' was asked for.*install a driver and onnxruntime-gpu"):
        Extractor(backend="onnxruntime", device=device)


@pytest.mark.parametrize("device", ["gpu", "cuda:x", "cpu:0"])
def test_a_device_of_an_unknown_name_is_an_error(device):
    with pytest.raises(BackendError, match=f"device '{device}' is not one of auto, cpu, cuda, cuda:N"):
        Extractor(backend="onnxruntime", device=device)


def test_tensorrt_is_asked_for_before_cuda_and_cuda_before_the_processor(gpu, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    extractor = Extractor(backend="onnxruntime", device="cuda:1")
    ((tensorrt, cuda, processor),) = gpu.asked
    assert [tensorrt[0], cuda[0], processor] == GPU_BUILD
    assert tensorrt[1]["device_id"] == cuda[1]["device_id"] == 1
    assert tensorrt[1]["trt_fp16_enable"] is True
    assert tensorrt[1]["trt_engine_cache_path"] == str(
        tmp_path / "superpoint_ros" / "tensorrt" / f"{extractor.weights_sha256}_float16"
    )
    assert extractor.device == "cuda:1 (ONNX Runtime with TensorRT, float16)"
    assert extractor.batches_pay


def test_cuda_is_taken_where_tensorrt_does_not_start(gpu):
    gpu.starts = GPU_BUILD[1:]
    extractor = Extractor(backend="onnxruntime", precision="float32")
    assert extractor.device == "cuda:0 (ONNX Runtime with CUDA, float32)"
    assert gpu.asked[0][0][1]["trt_fp16_enable"] is False


def test_the_processor_is_taken_with_a_warning_where_no_gpu_starts(gpu, caplog):
    gpu.starts = GPU_BUILD[2:]
    with caplog.at_level(logging.WARNING):
        extractor = Extractor(backend="onnxruntime")
    assert extractor.device == "cpu (ONNX Runtime, int8)"
    assert "starts neither TensorRT nor CUDA" in caplog.text
    with pytest.raises(BackendError, match="device 'cuda' was asked for"):
        Extractor(backend="onnxruntime", device="cuda")


def test_8_bits_are_for_the_processor(gpu):
    with pytest.raises(BackendError, match="precision 'int8': ONNX Runtime has it on the CPU"):
        Extractor(backend="onnxruntime", device="cuda", precision="int8")
    assert Extractor(backend="onnxruntime", device="cpu", precision="int8").device == "cpu (ONNX Runtime, int8)"


def test_the_graph_in_float16_finds_the_same(gpu):
    """The processor rounds to float16 what a GPU computes in it."""
    image = draw_collage(np.random.default_rng(1), (120, 160))
    full, half = (Extractor(backend="onnxruntime", precision=precision) for precision in ("float32", "float16"))
    expected, found = full.extract(image), half.extract(image)
    distance = np.linalg.norm(expected.xy[:, None] - found.xy[None], axis=2)
    assert (distance.min(axis=1) < 0.5).mean() > 0.98
    near = distance.argmin(axis=1)
    assert np.sum(expected.descriptors * found.descriptors[near], axis=1).mean() > 0.999


def test_images_of_a_batch_go_to_a_gpu_together(gpu):
    extractor = Extractor(backend="onnxruntime", precision="float32")
    images = [draw_collage(np.random.default_rng(seed), (60, 90)) for seed in range(3)]
    sizes = []
    run = extractor._backend._network._session.run
    extractor._backend._network._session.run = lambda names, inputs: (
        sizes.append(inputs["image"].shape) or run(names, inputs)
    )
    together = extractor.extract(images)
    assert sizes == [(3, 1, 64, 96)]
    for image, features in zip(images, together, strict=True):
        assert_same_features(extractor.extract(image), features)


@pytest.fixture
def settings(monkeypatch):
    """The settings of every session that is started."""
    found, start = [], onnxruntime.InferenceSession
    monkeypatch.setattr(
        onnxruntime,
        "InferenceSession",
        lambda graph, settings, providers: found.append(settings) or start(graph, settings, providers),
    )
    return found


def test_threads_are_bounded_and_do_not_spin(tmp_path, monkeypatch, settings):
    weights = seeded_weights_file(tmp_path)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    for threads in (2, None):
        Extractor(weights, backend="onnxruntime", device="cpu", threads=threads)
    monkeypatch.delenv("OMP_NUM_THREADS")
    Extractor(weights, backend="onnxruntime", device="cpu")
    assert [one.intra_op_num_threads for one in settings] == [2, 3, 0]
    assert {one.get_session_config_entry("session.intra_op.allow_spinning") for one in settings} == {"0"}


@pytest.mark.parametrize(
    ("flags", "exact"), [("flags : avx512_vnni", "0"), ("flags : avx_vnni", "0"), ("flags : avx2", "1"), (None, "1")]
)
def test_8_bits_are_summed_exactly_where_the_processor_could_saturate(tmp_path, monkeypatch, settings, flags, exact):
    path = tmp_path / "cpuinfo"
    if flags:
        path.write_text(flags)
    monkeypatch.setattr("superpoint_ros.inference.onnx_runtime.CPU_INFO", path)
    Extractor(backend="onnxruntime", device="cpu", precision="int8")
    assert [one.get_session_config_entry("session.x64quantprecision") for one in settings] == [exact]


@pytest.mark.parametrize("missing", ["onnxruntime", "onnx"])
def test_a_missing_package_is_named_with_the_cure(monkeypatch, missing):
    for module in [name for name in sys.modules if name.startswith("superpoint_ros.inference.onnx")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(MissingExtraError, match=r"'onnxruntime' needs ONNX Runtime.*pip install onnxruntime onnx"):
        Extractor(backend="onnxruntime")

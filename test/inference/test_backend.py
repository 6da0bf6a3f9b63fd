import pytest

from superpoint_ros.inference import backend


@pytest.mark.parametrize(
    ("device", "driver", "installed", "name"),
    [
        ("cpu", True, "openvino torch", "openvino"),
        ("auto", False, "openvino torch", "openvino"),
        ("auto", False, "openvino torch onnxruntime onnx", "openvino"),
        ("auto", True, "openvino torch onnxruntime-gpu onnx", "torch"),
        ("auto", True, "openvino onnxruntime-gpu onnx", "onnxruntime"),
        ("auto", True, "openvino onnxruntime-gpu", "openvino"),
        ("auto", True, "openvino onnxruntime onnx", "openvino"),
        ("cuda:1", True, "openvino torch", "torch"),
        ("cuda:1", True, "openvino onnxruntime-gpu onnx", "onnxruntime"),
        ("cuda:1", True, "openvino onnxruntime onnx", "torch"),
        ("cpu", False, "torch onnxruntime onnx", "onnxruntime"),
        ("cpu", False, "torch onnxruntime", "torch"),
        ("cpu", False, "onnxruntime onnx", "onnxruntime"),
        ("auto", True, "onnxruntime onnx", "onnxruntime"),
        ("auto", False, "", "openvino"),
    ],
)
def test_what_auto_chooses(monkeypatch, tmp_path, device, driver, installed, name):
    path = tmp_path / "version"
    if driver:
        path.touch()
    monkeypatch.setattr(backend, "NVIDIA_DRIVERS", (tmp_path / "another", path))
    modules = {module.removesuffix("-gpu"): object() for module in installed.split()}
    monkeypatch.setattr(backend.importlib.util, "find_spec", modules.get)
    monkeypatch.setattr(backend, "_onnxruntime_has_gpu", lambda: "onnxruntime-gpu" in installed)
    assert backend.choose_automatically(device)[0] == name

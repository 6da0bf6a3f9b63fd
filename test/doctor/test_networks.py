import shutil
from pathlib import Path

import pytest

from superpoint_ros.doctor import networks
from superpoint_ros.doctor.networks import check_backends, check_weights, installed_backends
from superpoint_ros.inference import models

WEIGHTS = models.SHIPPED_MODELS.parent


@pytest.fixture
def bundled(tmp_path, monkeypatch) -> Path:
    """A copy of the bundled weights that a test may damage."""
    for path in (models.SHIPPED_MODELS, *WEIGHTS.glob("*.safetensors")):
        shutil.copy(path, tmp_path / path.name)
    monkeypatch.setattr(models, "SHIPPED_MODELS", tmp_path / "models.yaml")
    return tmp_path


def test_one_backend_is_enough_and_none_is_an_error():
    finding = check_backends({"openvino": "2026.1", "torch": None})
    assert (finding.level, finding.text) == ("OK", "OpenVINO 2026.1, PyTorch is not installed")
    finding = check_backends({"openvino": None, "torch": None})
    assert finding.level == "ERROR"
    assert finding.commands[0].endswith("-m pip install openvino")


def test_every_backend_is_looked_for_and_builds_for_gpus_are_found(monkeypatch):
    monkeypatch.setattr(networks.importlib.util, "find_spec", {"openvino": object(), "onnxruntime": object()}.get)
    versions = {"openvino": "2026.1", "onnxruntime-gpu": "1.23.0"}
    monkeypatch.setattr(
        networks, "installed_version", lambda *names: next(filter(None, map(versions.get, names)), None)
    )
    assert installed_backends() == {"openvino": "2026.1", "torch": None, "onnxruntime": "1.23.0"}


def test_whole_weights_are_one_finding(bundled):
    (finding,) = check_weights()
    assert (finding.level, finding.text) == (
        "OK",
        "superpoint, superpoint_lite, magicpoint, d3 are as released (sha256)",
    )


def test_every_broken_file_is_a_finding_of_its_own(bundled):
    (bundled / "d3.safetensors").write_bytes((WEIGHTS / "d3.safetensors").read_bytes()[:-1])
    (bundled / "magicpoint.safetensors").unlink()
    (bundled / "superpoint_int8.safetensors").write_text("version https://git-lfs.github.com/spec/v1\n")
    found = {Path(finding.text.split("'")[1]).name: finding for finding in check_weights()}
    assert {finding.level for finding in found.values()} == {"ERROR"}
    assert f"is not the {models.shipped_models()['d3'].sha256[:12]}" in found["d3.safetensors"].text
    assert "no such file" in found["magicpoint.safetensors"].text
    assert "Git LFS pointer" in found["superpoint_int8.safetensors"].text
    assert all("install the package anew" in finding.cure for finding in found.values())


@pytest.mark.parametrize("text", ["[", "", "superpoint: {file: 3}", None])
def test_a_broken_list_of_models_is_a_finding(bundled, text):
    path = bundled / "models.yaml"
    path.unlink() if text is None else path.write_text(text)
    (finding,) = check_weights()
    assert finding.level == "ERROR"
    assert "models.yaml'" in finding.text

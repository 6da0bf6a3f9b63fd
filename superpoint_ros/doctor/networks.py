"""What runs networks, and the bundled weights."""

from __future__ import annotations

import importlib.util
import sys

from superpoint_ros.core.errors import CheckpointError
from superpoint_ros.doctor.dependencies import installed_version
from superpoint_ros.doctor.finding import Finding
from superpoint_ros.inference.backend import BACKENDS, PACKAGES
from superpoint_ros.inference.models import ModelSpec, shipped_models
from superpoint_ros.networks.quantization_file import load_quantization
from superpoint_ros.networks.weights_file import read_weights

REINSTALL = "install the package anew; of a Git checkout with LFS files, run 'git lfs pull' first"


def installed_backends() -> dict[str, str | None]:
    """Return the version of each backend's package; None where it is not installed."""
    return {name: _version(name) for name in BACKENDS}


def _version(name: str) -> str | None:
    if importlib.util.find_spec(name) is None:
        return None
    return installed_version(name, f"{name}-gpu") or "of unknown version"


def check_backends(versions: dict[str, str | None]) -> Finding:
    """Say which backends are installed; one must be.

    Args:
        versions: Version by the backend's name; None = it is not installed.
    """
    text = ", ".join(f"{PACKAGES[name]} {version or 'is not installed'}" for name, version in versions.items())
    if not any(versions.values()):
        cure = "install the one that is fastest on CPUs"
        return Finding("ERROR", "backends", text, cure, (f"{sys.executable} -m pip install openvino",))
    return Finding("OK", "backends", text)


def check_weights() -> list[Finding]:
    """Check every bundled weights file against the digest in weights/models.yaml, with its quantization."""
    try:
        models = shipped_models()
    except CheckpointError as error:
        return [Finding("ERROR", "weights", str(error), REINSTALL)]
    broken = [finding for model in models.values() if (finding := _check_model(model))]
    return broken or [Finding("OK", "weights", f"{', '.join(models)} are as released (sha256)")]


def _check_model(model: ModelSpec) -> Finding | None:
    try:
        weights, _, digest = read_weights(model.file, model.sha256)
        if model.quantization:
            load_quantization(model.quantization, weights, digest)
    except (CheckpointError, OSError) as error:
        return Finding("ERROR", "weights", str(error), REINSTALL)
    return None

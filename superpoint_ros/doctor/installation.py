"""What is installed: Python, the package, what runs networks, and the bundled weights."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import sys
from pathlib import Path

import superpoint_ros
from superpoint_ros.core.errors import CheckpointError
from superpoint_ros.doctor.finding import Finding
from superpoint_ros.inference.backend import BACKENDS, PACKAGES
from superpoint_ros.inference.models import ModelSpec, shipped_models
from superpoint_ros.networks.quantization_file import load_quantization
from superpoint_ros.networks.weights_file import read_weights

REINSTALL = "install the package anew; of a Git checkout with LFS files, run 'git lfs pull' first"


def installed_version(*names: str) -> str | None:
    """Return the version of the first of these distributions that is installed; None where none is."""
    for name in names:
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return None


def check_python() -> Finding:
    """Say which interpreter this is, and which package it has found."""
    version = installed_version("superpoint_ros") or "of unknown version"
    text = f"Python {platform.python_version()} ({sys.executable}), superpoint_ros {version} in "
    return Finding("OK", "installation", text + str(Path(superpoint_ros.__path__[0]).parent))


def installed_backends() -> dict[str, str | None]:
    """Return the version of each backend's package; None where it is not installed."""
    return {
        name: (installed_version(name) or "of unknown version") if importlib.util.find_spec(name) else None
        for name in BACKENDS
    }


def check_backends(versions: dict[str, str | None]) -> Finding:
    """Say which backends are installed; one must be.

    Args:
        versions: Version by the backend's name; None = it is not installed.
    """
    text = ", ".join(f"{PACKAGES[name]} {version or 'is not installed'}" for name, version in versions.items())
    if not any(versions.values()):
        cure = "install the one that is fastest on processors"
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

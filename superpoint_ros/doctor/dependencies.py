"""Python, this package, and what it cannot do without; importing this needs nothing but Python."""

from __future__ import annotations

import importlib
import importlib.metadata
import platform
import sys
from collections.abc import Mapping
from pathlib import Path

import superpoint_ros
from superpoint_ros.doctor.finding import Finding

# Module -> distribution on PyPI. What runs networks, reads bags or completes words has checks, or words, of its own.
REQUIRED = {
    "numpy": "numpy",
    "cv2": "opencv-python-headless",
    "PIL": "pillow",
    "yaml": "pyyaml",
    "safetensors": "safetensors",
    "scipy": "scipy",
    "tqdm": "tqdm",
}


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


def failed_imports(modules: Mapping[str, str] = REQUIRED) -> dict[str, str]:
    """Import modules; return why not, by the name of each that cannot be imported."""
    failed = {}
    for name in modules:
        try:
            importlib.import_module(name)
        except Exception as error:  # a library that is there and broken raises what it likes
            failed[name] = f"{type(error).__name__}: {error}".splitlines()[0]
    return failed


def check_dependencies(failed: Mapping[str, str]) -> Finding:
    """Say which of the packages that nothing works without cannot be imported.

    Args:
        failed: Why not, by module, see `failed_imports`.
    """
    if not failed:
        return Finding("OK", "dependencies", f"{', '.join(REQUIRED)} can be imported")
    text = "; ".join(f"{name} cannot be imported ({reason})" for name, reason in failed.items())
    names = " ".join(REQUIRED[name] for name in failed)
    cure = "install them anew, for this interpreter; rosdep does not have all of them"
    return Finding("ERROR", "dependencies", text, cure, (f"{sys.executable} -m pip install {names}",))

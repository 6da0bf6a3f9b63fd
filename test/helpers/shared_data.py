"""Where the tests find the shared real data: images, sequences, depth frames, bags and golden outputs."""

import os
from pathlib import Path

import pytest

ENVIRONMENT_VARIABLE = "SUPERPOINT_ROS_DATA"
DEFAULT_ROOT = Path(__file__).resolve().parents[3] / "shared" / "data"


def shared_data(relative: str) -> Path:
    """Path of a file or folder of the shared data; skips the calling test, with the reason, where it is absent."""
    root = Path(os.environ.get(ENVIRONMENT_VARIABLE, DEFAULT_ROOT))
    path = root / relative
    if not path.exists():
        pytest.skip(f"shared data '{relative}' not found in {root}; set {ENVIRONMENT_VARIABLE} to where it is")
    return path

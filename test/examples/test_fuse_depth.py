"""True depth fuses into the true room; the example writes a mesh for each method, and a picture of them."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from helpers.made_up_scenes import wall_frames


@pytest.fixture(scope="module")
def fuse_depth():
    try:
        importlib.import_module("open3d")
    except ImportError as error:
        pytest.skip(f"the extra [examples] brings Open3D, which needs libusb and libGL: {error}")
    return importlib.import_module("fuse_depth")


def test_a_wall_of_known_depth(fuse_depth):
    frames = wall_frames(3)
    mesh = fuse_depth.fuse(frames, [frame.depth() for frame in frames])
    np.testing.assert_allclose(mesh.vertex.positions.numpy()[:, 2], 2.0, atol=0.01)
    result = fuse_depth.score(mesh, fuse_depth.true_points(frames))
    assert result.mean_distance < 0.01
    assert result.accuracy == 1.0
    assert result.completeness > 0.99


def test_a_mesh_at_a_wrong_depth_is_far_from_the_truth(fuse_depth):
    frames = wall_frames(1)
    mesh = fuse_depth.fuse(frames, [1.1 * frames[0].depth()])
    result = fuse_depth.score(mesh, fuse_depth.true_points(frames))
    assert result.mean_distance == pytest.approx(0.2, abs=0.02)
    assert result.accuracy == result.completeness == 0.0


def test_the_whole_example(fuse_depth, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture):
    monkeypatch.setattr(fuse_depth, "IMAGE_SIZE", (96, 128))
    monkeypatch.setattr(sys, "argv", ["fuse_depth.py", "--output", str(tmp_path), "--images", "2", "--keypoints", "60"])
    fuse_depth.main()
    lines = [line for line in capsys.readouterr().out.splitlines() if "right" in line]
    names = ["truth", "nearest", "linear", "d3", "d3-confident"]
    assert [line.split()[0] for line in lines] == names
    assert float(lines[0].split()[1]) < min(float(line.split()[1]) for line in lines[1:])
    assert all((tmp_path / f"{name}.ply").stat().st_size > 10_000 for name in names)
    assert cv2.imread(str(tmp_path / "meshes.png")).shape == (192, 5 * 128, 3)

"""COLMAP maps what the package exports: every image registered, close to the true path."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest
from helpers.shared_data import shared_data

from superpoint_ros.export.colmap import write_colmap_database


@pytest.fixture(scope="module")
def structure_from_motion():
    pytest.importorskip("pycolmap", reason="the extra [examples] brings COLMAP")
    pytest.importorskip("evo", reason="the extra [examples] brings evo")
    return importlib.import_module("structure_from_motion")


@pytest.mark.parametrize("seed", ["0", "1"])
def test_a_desk(
    structure_from_motion, seed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    data = shared_data("sequences/tum_fr2_desk")
    words = ["--data", str(data), "--output", str(tmp_path), "--frames", "10", "--max-keypoints", "500", "--seed", seed]
    monkeypatch.setattr(sys, "argv", ["structure_from_motion.py", *words])
    structure_from_motion.main()
    figures = dict(
        line.strip().rsplit("  ", 1) for line in capsys.readouterr().out.splitlines() if "  " in line.strip()
    )
    figures = {name.strip(): value.strip() for name, value in figures.items()}
    assert figures["registered images"] == "10"
    assert float(figures["reprojection error"].removesuffix(" px")) < 2
    assert float(figures["ATE [m]"]) < 0.01
    assert (tmp_path / "model" / "0" / "points3D.bin").exists()


def test_images_without_matches_are_refused(structure_from_motion, tmp_path: Path):
    write_colmap_database(tmp_path / "database.db", [], [])
    with pytest.raises(RuntimeError, match="finds no pair of images"):
        structure_from_motion.map_images(tmp_path / "database.db", tmp_path, tmp_path / "model", refine_camera=False)

"""Images are located in maps of depth and of triangulated points; others are not."""

from __future__ import annotations

import sys
from dataclasses import replace

import cv2
import numpy as np
import pytest
import relocalization
from helpers.made_up_scenes import CAMERA, texture, wall_frames
from helpers.shared_data import shared_data

from superpoint_ros import DecodeOptions, Extractor


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    return Extractor(options=DecodeOptions(max_keypoints=300))


@pytest.mark.parametrize("depth", [True, False])
def test_a_wall(extractor, depth: bool, capsys: pytest.CaptureFixture):
    frames = wall_frames(6)
    frames = frames if depth else [replace(frame, depth=None) for frame in frames]
    errors = relocalization.judge(frames, extractor)
    assert errors.shape == (1, 2)
    assert errors[0, 0] < (1 if depth else 3)
    assert errors[0, 1] < (0.3 if depth else 1)
    assert "  2: " in capsys.readouterr().out


def test_an_image_of_another_place_is_not_located(extractor):
    frames = wall_frames(3)
    views = relocalization.build_map(frames, [extractor.extract(frame.image()) for frame in frames])
    elsewhere = cv2.resize(texture(7), (320, 240))
    assert relocalization.locate(extractor.extract(elsewhere), CAMERA, views) is None


def test_a_map_without_poses_is_refused(extractor):
    frames = [replace(frame, pose=None) for frame in wall_frames(2)]
    with pytest.raises(SystemExit, match="frame '0' has no camera or no pose"):
        relocalization.build_map(frames, [extractor.extract(frame.image()) for frame in frames])


def test_a_query_in_a_real_kitchen(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture):
    data = shared_data("rgbd/kitchen_7scenes_a")
    query = sorted((data / "rgb").iterdir())[0]
    words = ["--data", str(data), "--query", str(query), "--max-keypoints", "400"]
    monkeypatch.setattr(sys, "argv", ["relocalization.py", *words])
    relocalization.main()
    out = capsys.readouterr().out
    pose = np.array([[float(value) for value in line.strip(" []").split()] for line in out.splitlines()[1:]])
    truth = np.loadtxt(data / "poses_gt.txt")[0]
    np.testing.assert_allclose(pose[:3, 3], truth[1:4], atol=0.02)

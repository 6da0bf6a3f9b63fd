from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from helpers.made_up_scenes import texture
from helpers.shared_data import shared_data

from superpoint_ros.core.errors import ParameterError
from superpoint_ros.core.geometry import warp_points
from superpoint_ros.evaluation.datasets.frames import HomographyPair
from superpoint_ros.evaluation.datasets.homography_pairs import read_hpatches
from superpoint_ros.evaluation.detectors.options import DetectorOptions
from superpoint_ros.evaluation.detectors.registry import make_detector
from superpoint_ros.evaluation.homography import protocol as homography_protocol
from superpoint_ros.evaluation.homography.options import PRESETS, HomographyProtocol
from superpoint_ros.evaluation.homography.protocol import PairReader, evaluate_pairs, summarize

HOMOGRAPHY = np.array([[1.02, 0.05, -12.0], [-0.04, 0.98, 9.0], [5e-5, -4e-5, 1.0]])


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> HomographyPair:
    folder = tmp_path_factory.mktemp("pair") / "v_rectangles"
    folder.mkdir()
    image = texture()
    cv2.imwrite(str(folder / "1.png"), image)
    cv2.imwrite(str(folder / "2.png"), cv2.warpPerspective(image, HOMOGRAPHY, (640, 480), flags=cv2.INTER_CUBIC))
    return HomographyPair("v_rectangles", "v_rectangles/1-2", folder / "1.png", folder / "2.png", HOMOGRAPHY)


@pytest.mark.parametrize("size", [None, 320, (240, 320), (300, 420)])
def test_the_homography_is_right_at_every_size(pair: HomographyPair, size):
    protocol = HomographyProtocol(detection_size=size, matching_size=size)
    (row,) = evaluate_pairs([pair], make_detector("rootsift", protocol.detector), protocol)
    assert row["corner_error"] < 0.6
    assert row["mma_3"] > 0.8
    assert row["localization_error"] < 1.2


def test_resizing_moves_pixel_centers(pair: HomographyPair):
    reader = PairReader(make_detector("random", DetectorOptions(max_keypoints=5)))
    half = reader.read(pair, (240, 320)).homography
    center = np.array([[100.0, 60.0]])
    expected = (warp_points(2 * center + 0.5, HOMOGRAPHY) - 0.5) / 2
    assert warp_points(center, half) == pytest.approx(expected)


def test_rows_say_everything(pair: HomographyPair):
    protocol = HomographyProtocol(detection_size=160, matching_size=320, top_k=50)
    (row,) = evaluate_pairs([pair], make_detector("orb", DetectorOptions(max_keypoints=200)), protocol)
    assert (row["detector"], row["pair"], row["kind"]) == ("orb", "v_rectangles/1-2", "v")
    assert row["points0"] == row["points1"] == 50
    assert 150 < row["keypoints0"] <= 200
    assert 0 < row["inliers"] <= row["matches"] <= 200
    assert [row[f"mma_{t}"] for t in range(1, 11)] == sorted(row[f"mma_{t}"] for t in range(1, 11))


def test_detectors_without_descriptors_have_repeatability_only(pair: HomographyPair):
    protocol = HomographyProtocol(detection_size=320)
    rows = list(evaluate_pairs([pair], make_detector("harris", protocol.detector), protocol))
    assert rows[0]["repeatability"] > 0.7
    assert "corner_error" not in rows[0]
    assert list(summarize(rows)) == ["Rep", "MLE", "Rep v"]


def test_images_without_points_do_not_break_it(tmp_path: Path):
    cv2.imwrite(str(tmp_path / "blank.png"), np.full((100, 120), 50, np.uint8))
    blank = HomographyPair("i_blank", "i_blank/1-2", tmp_path / "blank.png", tmp_path / "blank.png", np.eye(3))
    protocol = HomographyProtocol()
    (row,) = evaluate_pairs([blank], make_detector("sift", protocol.detector), protocol)
    assert row["corner_error"] == np.inf
    assert row["repeatability"] == row["mma_3"] == 0.0
    assert summarize([row])["AUC10"] == 0.0


def test_accuracy_is_the_mean_over_the_runs(pair: HomographyPair, monkeypatch: pytest.MonkeyPatch):
    shifts = iter([0.5, 2.0, 4.0, None])

    def estimate(xy0, xy1, options):
        shift = next(shifts)
        moved = np.array([[1.0, 0.0, shift or 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
        return None if shift is None else moved @ HOMOGRAPHY, np.ones(len(xy0), bool)

    monkeypatch.setattr(homography_protocol, "estimate_homography", estimate)
    protocol = HomographyProtocol(matching_size=None, ransac_runs=4)
    (row,) = evaluate_pairs([pair], make_detector("orb", protocol.detector), protocol)
    assert [row[name] for name in ("h_1", "h_3", "h_5", "corner_error")] == pytest.approx([0.25, 0.5, 0.75, 3.0])
    assert row["auc_10"] == pytest.approx((0.95 + 0.8 + 0.6) / 4)


def test_no_run_at_all_is_refused():
    with pytest.raises(ParameterError, match="ransac_runs=0"):
        HomographyProtocol(ransac_runs=0)


def test_summary_by_hand():
    row = {"detector": "d", "kind": "v", "repeatability": 0.5, "localization_error": np.nan, "nn_map": 0.4}
    row |= {"matching_score": 0.2, "inliers": 10, "mma_3": 0.6, "h_1": 0.0, "h_3": 1.0, "h_5": 1.0, "auc_10": 0.8}
    other = {**row, "kind": "i", "repeatability": 0.7, "localization_error": 1.5, "h_3": 0.5, "auc_10": 0.0}
    summary = summarize([row, other])
    assert [summary[name] for name in ("H@1", "H@3", "AUC10")] == pytest.approx([0.0, 0.75, 0.4])
    assert [summary[name] for name in ("Rep", "Rep i", "Rep v", "MLE")] == pytest.approx([0.6, 0.7, 0.5, 1.5])


def test_the_papers_preset():
    paper = PRESETS["paper"]
    assert (paper.detection_size, paper.top_k) == ((240, 320), 300)
    assert (paper.matching_size, paper.detector.max_keypoints, paper.correctness_threshold) == ((480, 640), 1000, 3.0)


def test_known_orderings_on_the_shared_benchmark():
    """ORB repeats best and estimates worst, SIFT localises best, random points are at chance (paper, table 4)."""
    pairs = read_hpatches(shared_data("homography"))[::2]
    protocol = replace(
        PRESETS["vga"], detection_size=320, matching_size=320, detector=DetectorOptions(max_keypoints=500)
    )
    found = {
        name: summarize(list(evaluate_pairs(pairs, make_detector(name, protocol.detector), protocol)))
        for name in ("sift", "orb", "random")
    }
    assert found["orb"]["Rep"] > found["sift"]["Rep"] + 0.05
    assert found["sift"]["AUC10"] > found["orb"]["AUC10"] + 0.05
    assert found["sift"]["MLE"] < found["orb"]["MLE"]
    assert found["random"]["AUC10"] == found["random"]["H@5"] == 0.0
    assert found["random"]["NN mAP"] < 0.01
    assert found["random"]["MLE"] == pytest.approx(2.0, abs=0.1)  # two thirds of the threshold

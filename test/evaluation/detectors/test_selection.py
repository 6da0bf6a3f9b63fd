import pytest

from superpoint_ros.core.errors import DetectorError
from superpoint_ros.evaluation.detectors.options import DetectorOptions
from superpoint_ros.evaluation.detectors.registry import DETECTORS
from superpoint_ros.evaluation.detectors.selection import make_detectors

FEW = DetectorOptions(max_keypoints=100)


def test_all_is_every_detector_there_is(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture):
    def absent(options: DetectorOptions):
        raise DetectorError("detector 'akaze' is not in this OpenCV")

    monkeypatch.delitem(DETECTORS, "superpoint")
    monkeypatch.delitem(DETECTORS, "superpoint_lite")
    monkeypatch.delitem(DETECTORS, "magicpoint")
    monkeypatch.setitem(DETECTORS, "akaze", absent)
    assert [detector.name for detector in make_detectors(["all"], FEW, describing=True)] == [
        "sift",
        "rootsift",
        "orb",
        "random",
    ]
    assert "not in this OpenCV" in caplog.text


def test_what_needs_descriptors_refuses_what_has_none():
    with pytest.raises(DetectorError, match="'harris' has no descriptors"):
        make_detectors(["orb", "harris"], FEW, describing=True)
    assert len(make_detectors(["orb", "orb"], FEW)) == 1

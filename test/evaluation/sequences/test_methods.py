import numpy as np
import pytest
from helpers.made_up_scenes import wall_frames
from helpers.methods import only_method

from superpoint_ros.core.errors import DetectorError
from superpoint_ros.core.tracker_options import TrackerOptions
from superpoint_ros.core.types import STATUS_FOLLOWED
from superpoint_ros.evaluation.detectors.options import DetectorOptions
from superpoint_ros.evaluation.sequences.methods import make_methods, track_images

FEW = DetectorOptions(max_keypoints=100)
IMAGES = [frame.image() for frame in wall_frames(4)]


@pytest.mark.parametrize(
    ("name", "detector", "tracker"),
    [("orb", "orb", None), ("orb+descriptor", "orb", "descriptor"), ("shi+flow", "shi", "flow")],
)
def test_a_name_is_a_detector_and_a_tracker(name, detector, tracker):
    method = only_method(name, FEW)
    assert (method.name, method.detector.name, method.tracker) == (name, detector, tracker)


@pytest.mark.parametrize("name", ["shi", "shi+hybrid", "orb+magic"])
def test_a_tracker_that_has_no_descriptors_or_does_not_exist_is_refused(name):
    with pytest.raises(DetectorError):
        make_methods([name], FEW)


def test_a_name_given_twice_is_one_method():
    assert [method.name for method in make_methods(["orb", "orb", "orb+flow"], FEW)] == ["orb", "orb+flow"]


def test_flow_follows_the_images_that_the_detector_does_not_see():
    tracks = list(track_images(IMAGES, only_method("shi+flow", FEW), TrackerOptions(network_every=2)))
    assert len(tracks[0]) > 20
    assert (tracks[1].status == STATUS_FOLLOWED).all()
    assert np.isin(tracks[1].id, tracks[0].id).all()
    assert not np.isin(tracks[2].id, tracks[1].id).all()


def test_descriptors_track_what_the_detector_sees():
    tracks = list(track_images(IMAGES, only_method("orb", FEW), TrackerOptions(network_every=2)))
    assert [len(one) > 0 for one in tracks] == [True, False, True, False]

from dataclasses import replace

import numpy as np
import pytest
from helpers.made_up_scenes import wall_frames

from superpoint_ros.core.errors import DatasetError
from superpoint_ros.core.tracker import Tracker
from superpoint_ros.core.types import Features
from superpoint_ros.evaluation.odometry.observations import observe, shared_rows
from superpoint_ros.evaluation.sequences.sized_frames import size_frame

VIEW = size_frame(wall_frames(1)[0], None)
XY = np.array([[20, 30], [100, 80]], np.float32)
FEATURES = Features(XY, np.ones(2, np.float32), np.eye(2, dtype=np.float32), VIEW.image.shape, np.float32([0.5, 0.25]))
TRACKS = Tracker().update(FEATURES)


def test_observations_have_pixels_depth_and_sigma():
    seen = observe(VIEW, TRACKS, use_depth=True, sigma=1.0, weighted=True)
    assert seen.xy == pytest.approx(XY)
    assert seen.depth.tolist() == [2.0, 2.0]
    assert seen.sigma.tolist() == [0.5, 0.25]


def test_observations_are_of_a_camera_without_skew():
    skewed = replace(VIEW.camera, K=VIEW.camera.K + 9 * np.eye(3, k=1) * [[1], [0], [0]])
    seen = observe(replace(VIEW, camera=skewed), TRACKS, use_depth=False, sigma=1.0, weighted=True)
    assert seen.K.tolist() == VIEW.camera.K.tolist()
    rays = np.column_stack([seen.xy, np.ones(2)]) @ np.linalg.inv(seen.K).T
    assert rays[:, :2] == pytest.approx(skewed.normalize(XY))
    assert seen.xy[:, 0] != pytest.approx(XY[:, 0])


def test_without_weights_all_count_alike():
    seen = observe(VIEW, TRACKS, use_depth=False, sigma=0.7, weighted=False)
    assert seen.sigma.tolist() == [0.7, 0.7]
    assert np.isnan(seen.depth).all()


def test_shared_rows_by_hand():
    seen = observe(VIEW, TRACKS, use_depth=False, sigma=1.0, weighted=True)
    other = replace(seen, id=seen.id + 1)
    assert [rows.tolist() for rows in shared_rows(seen, other)] == [[1], [0]]


@pytest.mark.parametrize(("missing", "use_depth"), [("camera", False), ("depth", True)])
def test_a_frame_without_what_is_needed_is_refused(missing, use_depth):
    view = size_frame(replace(wall_frames(1)[0], **{missing: None}), None)
    with pytest.raises(DatasetError, match=f"has no {missing}"):
        observe(view, TRACKS, use_depth=use_depth, sigma=1.0, weighted=True)

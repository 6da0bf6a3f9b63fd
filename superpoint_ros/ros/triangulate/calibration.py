"""The CameraInfo of two cameras -> the rig that they make.

sensor_msgs/CameraInfo: R turns a camera's optical frame into the rectified one, whose axes both cameras share;
P = K' (I | t), where t is the shared origin seen by the camera: P[3] = -fx' * baseline for the right one of a pair.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sensor_msgs.msg import CameraInfo

from superpoint_ros.core.camera import check_camera_matrix
from superpoint_ros.core.errors import CalibrationError
from superpoint_ros.core.geometry import inverse_pose
from superpoint_ros.core.stereo import StereoRig
from superpoint_ros.msg import Features
from superpoint_ros.ros.messages.camera_info import camera_of_image, with_header
from superpoint_ros.ros.messages.errors import InputError

# What rounding leaves of R R^T - 1 in files of calibrations.
ROTATION_ERROR = 1e-3


class StereoCalibration:
    """Remember the newest CameraInfo of both cameras.

    Args:
        topics: Topics of the left and the right one.
        T_left_right: (4, 4), pose of the right camera's optical frame in the left one's, of the images as received;
            None = from the CameraInfos.
    """

    def __init__(self, topics: Sequence[str], T_left_right: np.ndarray | None):
        self._topics = topics
        self._T_left_right = T_left_right
        self._messages: list[CameraInfo | None] = [None, None]

    def set(self, side: int, message: CameraInfo) -> None:
        """Take a CameraInfo of the left (0) or right (1) camera, which holds from the next pair on."""
        self._messages[side] = message

    def rig(self, left: Features, right: Features) -> tuple[StereoRig, CameraInfo]:
        """Return the cameras of a pair of images, and the left one's CameraInfo for its image's size and header.

        Raises:
            InputError: A CameraInfo is missing, uncalibrated or of images of another shape, or there is no
                baseline in them.
            CalibrationError: A distortion model that is not known, or matrices that are no calibration.
        """
        messages = self._known()
        (camera0, info), (camera1, _) = (
            camera_of_image(message, (one.height, one.width), rectified=one.rectified, topic=topic)
            for message, one, topic in zip(messages, (left, right), self._topics, strict=True)
        )
        if self._T_left_right is not None:
            T_right_left = inverse_pose(self._T_left_right)
        else:
            T_right_left = self._pose_from(messages, (left.rectified, right.rectified))
        return StereoRig(camera0, camera1, T_right_left), with_header(info, left.header)

    def _known(self) -> list[CameraInfo]:
        missing = [topic for message, topic in zip(self._messages, self._topics, strict=True) if message is None]
        if missing:
            raise InputError("no CameraInfo", f"waiting for CameraInfo on {' and '.join(missing)}")
        return [message for message in self._messages if message is not None]

    def _pose_from(self, messages: list[CameraInfo], rectified: tuple[bool, bool]) -> np.ndarray:
        """T_right_left (4, 4) by R and P."""
        to_shared = [shared_frame(message, rectified=flag) for message, flag in zip(messages, rectified, strict=True)]
        T_right_left = inverse_pose(to_shared[1]) @ to_shared[0]
        if not np.linalg.norm(T_right_left[:3, 3]) > 0.0:
            text = (
                f"needs the pose between the cameras: P on {self._topics[1]} holds no baseline "
                "(P[3] = -fx * baseline is 0), so set the parameter T_left_right"
            )
            raise InputError("no baseline", text)
        return np.asarray(T_right_left)


def shared_frame(message: CameraInfo, *, rectified: bool) -> np.ndarray:
    """Return the pose (4, 4) of a camera's image frame in the frame that both rectified images share.

    Rectified images are turned already; of an R that was never filled in nothing is turned.

    Raises:
        CalibrationError: R is no rotation, or P holds no camera matrix.
    """
    projection = np.reshape(message.p, (3, 4))
    pose = np.eye(4)
    if not rectified and np.any(message.r):
        turn = np.reshape(message.r, (3, 3))
        if not (np.abs(turn).max() < 2.0 and np.allclose(turn @ turn.T, np.eye(3), atol=ROTATION_ERROR)):
            raise CalibrationError(f"R {turn.tolist()} is no rotation")
        pose[:3, :3] = turn
    if projection[0, 0] != 0.0 and projection[1, 1] != 0.0:
        check_camera_matrix(projection[:, :3], "P")
        pose[:3, 3] = -np.linalg.solve(projection[:, :3], projection[:, 3])
    return pose

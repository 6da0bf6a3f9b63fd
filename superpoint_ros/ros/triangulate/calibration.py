"""The CameraInfo of two cameras -> the rig that they make.

sensor_msgs/CameraInfo: R turns a camera's optical frame into the rectified one, whose axes both cameras share;
P = K' (I | t), where t is the shared origin seen by the camera: P[3] = -fx' * baseline for the right one of a pair.
"""

from __future__ import annotations

from copy import copy

import numpy as np
from sensor_msgs.msg import CameraInfo

from superpoint_ros.core.camera import Camera
from superpoint_ros.core.geometry import inverse_pose
from superpoint_ros.core.stereo import StereoRig
from superpoint_ros.msg import Features
from superpoint_ros.ros.messages.depth import scaled_camera_info
from superpoint_ros.ros.messages.images import InputError, camera_info_to_camera

SAME_SHAPE = 0.01  # sizes whose sides differ by factors nearer than this show the same field of view


class StereoCalibration:
    """Remembers the newest CameraInfo of both cameras.

    Args:
        topics: where they come from, left and right.
        T_left_right: (4, 4), pose of the right camera's optical frame in the left one's, of the images as received;
            None = from the CameraInfos.
    """

    def __init__(self, topics: tuple[str, str], T_left_right: np.ndarray | None):
        self._topics = topics
        self._T_left_right = T_left_right
        self._messages: list[CameraInfo | None] = [None, None]

    def set(self, side: int, message: CameraInfo) -> None:
        """A CameraInfo of the left (0) or right (1) camera; takes effect with the next pair."""
        self._messages[side] = message

    def rig(self, left: Features, right: Features) -> tuple[StereoRig, CameraInfo]:
        """The cameras of a pair of images, and the left one's CameraInfo for its image's size and header.

        Raises:
            InputError: a CameraInfo is missing, uncalibrated or of images of another shape, or there is no
                baseline in them.
            CalibrationError: a distortion model that is not known.
        """
        messages = self._known()
        pairs = [
            fit_camera_info(message, features, topic)
            for message, features, topic in zip(messages, (left, right), self._topics, strict=True)
        ]
        if self._T_left_right is not None:
            T_right_left = inverse_pose(self._T_left_right)
        else:
            T_right_left = self._pose_from(messages, (left.rectified, right.rectified))
        (info, camera0), (_, camera1) = pairs
        return StereoRig(camera0, camera1, T_right_left), info

    def _known(self) -> list[CameraInfo]:
        missing = [topic for message, topic in zip(self._messages, self._topics, strict=True) if message is None]
        if missing:
            raise InputError("no CameraInfo", f"waiting for CameraInfo on {' and '.join(missing)}")
        return [message for message in self._messages if message is not None]

    def _pose_from(self, messages: list[CameraInfo], rectified: tuple[bool, bool]) -> np.ndarray:
        """T_right_left (4, 4) by R and P."""
        to_shared = [shared_frame(message, flag) for message, flag in zip(messages, rectified, strict=True)]
        T_right_left = inverse_pose(to_shared[1]) @ to_shared[0]
        if not np.linalg.norm(T_right_left[:3, 3]) > 0.0:
            text = (
                f"needs the pose between the cameras: P on {self._topics[1]} holds no baseline "
                "(P[3] = -fx * baseline is 0), so set the parameter extrinsic"
            )
            raise InputError("no baseline", text)
        return T_right_left


def fit_camera_info(message: CameraInfo, features: Features, topic: str) -> tuple[CameraInfo, Camera]:
    """A CameraInfo for the size and with the header of the image that the features are of, and its camera."""
    size = (features.height, features.width)
    info = copy(message)
    info.header = features.header
    camera = camera_info_to_camera(info, features.rectified)
    if camera is not None and camera.image_size != size and _same_shape(camera.image_size, size):
        info = scaled_camera_info(message, size, features.header)
        camera = camera_info_to_camera(info, features.rectified)
    if camera is None:
        raise InputError("uncalibrated", f"CameraInfo on {topic} is uncalibrated (its focal length is 0)")
    if camera.image_size != size:
        text = f"CameraInfo on {topic} is for images of (height, width) {camera.image_size}, not {size}"
        raise InputError("size", text)
    return info, camera


def _same_shape(size0: tuple[int, int], size1: tuple[int, int]) -> bool:
    return abs(size0[0] * size1[1] / max(size0[1] * size1[0], 1) - 1.0) < SAME_SHAPE


def shared_frame(message: CameraInfo, rectified: bool) -> np.ndarray:
    """Pose (4, 4) that takes points in the frame of a camera's images to the frame that both rectified images share.

    Rectified images are turned already; of an R that was never filled in nothing is turned.
    """
    projection = np.reshape(message.p, (3, 4))
    pose = np.eye(4)
    if not rectified and np.any(message.r):
        pose[:3, :3] = np.reshape(message.r, (3, 3))
    if projection[0, 0] != 0.0 and projection[1, 1] != 0.0:
        pose[:3, 3] = -np.linalg.solve(projection[:, :3], projection[:, 3])
    return pose

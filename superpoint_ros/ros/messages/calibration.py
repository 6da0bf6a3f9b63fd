"""The newest CameraInfo of a camera, and the camera that it makes of each image."""

from __future__ import annotations

from sensor_msgs.msg import CameraInfo

from superpoint_ros.core.camera import Camera
from superpoint_ros.ros.messages.camera_info import camera_info_to_camera, camera_of_image
from superpoint_ros.ros.messages.errors import InputError

MAX_REMEMBERED_SIZES = 8


class Calibration:
    """Remember the newest CameraInfo of one camera; what it makes of it is kept until the next one comes.

    Args:
        topic: Where it comes from, for error messages.
        rectified: Whether the images are free of lens distortion.
    """

    def __init__(self, topic: str, *, rectified: bool):
        self.topic = topic
        self._rectified = rectified
        self._known: tuple[CameraInfo, dict[tuple[int, int], tuple[Camera, CameraInfo]]] | None = None

    def set(self, message: CameraInfo) -> None:
        """Take a CameraInfo, which holds from the next image on."""
        self._known = (message, {})

    @property
    def message(self) -> CameraInfo | None:
        """Return the newest CameraInfo; None before the first."""
        return None if self._known is None else self._known[0]

    @property
    def is_known(self) -> bool:
        """Tell whether a CameraInfo has come that is calibrated.

        Raises:
            CalibrationError: Its distortion model is not known.
        """
        return self.message is not None and camera_info_to_camera(self.message, rectified=self._rectified) is not None

    def of(self, image_size: tuple[int, int]) -> tuple[Camera, CameraInfo]:
        """Return the camera of an image of (height, width), and the CameraInfo to publish with it.

        Raises:
            InputError: No CameraInfo has come, it is uncalibrated, or for images of another shape.
            CalibrationError: Its distortion model is not known.
        """
        if self._known is None:
            raise InputError("no CameraInfo", f"waiting for CameraInfo on {self.topic}")
        message, fitted = self._known
        if image_size not in fitted:
            if len(fitted) == MAX_REMEMBERED_SIZES:
                fitted.clear()
            fitted[image_size] = camera_of_image(message, image_size, rectified=self._rectified, topic=self.topic)
        return fitted[image_size]

"""Arrays -> image messages, the one place for it. Headers are passed on as they came."""

from __future__ import annotations

from array import array

import cv2
import numpy as np
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

IMAGE_TYPES: dict[str, type] = {"raw": Image, "compressed": CompressedImage}


def _bytes(values: np.ndarray) -> array[int]:
    return array("B", values.tobytes())


def array_to_image(image: np.ndarray, header: Header) -> Image:
    """Convert uint8 (H, W) to a mono8 message, (H, W, 3) to bgr8."""
    height, width = image.shape[:2]
    encoding = "mono8" if image.ndim == 2 else "bgr8"
    step = image[0].nbytes
    return Image(header=header, height=height, width=width, encoding=encoding, step=step, data=_bytes(image))


def array_to_compressed_image(image: np.ndarray, header: Header) -> CompressedImage:
    """Encode uint8 (H, W), or (H, W, 3) in BGR order, as a jpeg message."""
    _, encoded = cv2.imencode(".jpg", image)
    return CompressedImage(header=header, format="jpeg", data=_bytes(encoded))

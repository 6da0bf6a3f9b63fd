"""Image messages <-> arrays, the one place for it. Headers are passed on as they came."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import cv2
import numpy as np
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from superpoint_ros.ros.messages.errors import InputError

IMAGE_TYPES: dict[str, type] = {"raw": Image, "compressed": CompressedImage}

# What sensor_msgs calls differently than all conversion libraries do.
ALIASES = {
    "8UC1": "mono8",
    "8UC3": "bgr8",
    "8UC4": "bgra8",
    "16UC1": "mono16",
    "uyvy": "yuv422",
    "yuyv": "yuv422_yuy2",
}
# encoding: (samples per pixel, bytes per sample). nv12 and nv21 have one more half-height plane below the first.
BAYER_ORDERS = ("rggb", "bggr", "gbrg", "grbg")
LAYOUTS = {
    **dict.fromkeys(("mono8", "nv12", "nv21", *(f"bayer_{order}8" for order in BAYER_ORDERS)), (1, 1)),
    **dict.fromkeys(("mono16", *(f"bayer_{order}16" for order in BAYER_ORDERS)), (1, 2)),
    **dict.fromkeys(("yuv422", "yuv422_yuy2"), (2, 1)),
    **dict.fromkeys(("rgb8", "bgr8"), (3, 1)),
    **dict.fromkeys(("rgba8", "bgra8"), (4, 1)),
    **dict.fromkeys(("rgb16", "bgr16"), (3, 2)),
    **dict.fromkeys(("rgba16", "bgra16"), (4, 2)),
}
# Neither cv_bridge nor rosbags-image reads these.
SEMI_PLANAR = {
    ("nv12", "mono8"): cv2.COLOR_YUV2GRAY_NV12,
    ("nv12", "bgr8"): cv2.COLOR_YUV2BGR_NV12,
    ("nv21", "mono8"): cv2.COLOR_YUV2GRAY_NV21,
    ("nv21", "bgr8"): cv2.COLOR_YUV2BGR_NV21,
}
# A camera's pixels are counted in the image as stored: an orientation tag must not turn it.
DECODE_FLAGS = {
    "mono8": cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION,
    "bgr8": cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION,
}
NATIVE_IS_BIGENDIAN = sys.byteorder == "big"


@dataclass(frozen=True)
class PackedImage:
    """Hold the fields of an Image message, checked: known encoding name, no row padding, native byte order."""

    height: int
    width: int
    encoding: str
    step: int
    data: memoryview
    is_bigendian: int = int(NATIVE_IS_BIGENDIAN)


def _load_bridge() -> Callable[[Any, str], np.ndarray]:
    try:
        from cv_bridge import CvBridge
    except ImportError:
        from rosbags.image import image_to_cvimage

        return cast(Callable[[Any, str], np.ndarray], image_to_cvimage)
    return CvBridge().imgmsg_to_cv2


_bridge = _load_bridge()


def _encoding(message: Image) -> str:
    encoding = ALIASES.get(message.encoding, message.encoding)
    if encoding not in LAYOUTS:
        known = ", ".join([*LAYOUTS, *ALIASES])
        raise InputError("encoding", f"encoding '{message.encoding}' is not one of {known}")
    return encoding


def _rows(message: Image, encoding: str) -> int:
    size = f"{message.width}x{message.height}"
    if message.width == 0 or message.height == 0:
        raise InputError("size", f"image of size {size}; both sides must be at least 1 px")
    if encoding in ("nv12", "nv21"):
        if message.width % 2 or message.height % 2:
            raise InputError("size", f"{encoding} image of size {size}; both sides must be even")
        return message.height * 3 // 2
    if encoding.startswith("yuv422") and message.width % 2:
        raise InputError("size", f"{encoding} image of size {size}; the width must be even")
    return message.height


def _packed(message: Image) -> PackedImage:
    encoding = _encoding(message)
    rows = _rows(message, encoding)
    samples, sample_bytes = LAYOUTS[encoding]
    row_bytes = message.width * samples * sample_bytes
    if message.step < row_bytes:
        text = f"step {message.step} is less than the {row_bytes} bytes of {message.width} {message.encoding} pixels"
        raise InputError("step", text)
    needed = message.step * (rows - 1) + row_bytes
    if len(message.data) < needed:
        text = f"{len(message.data)} bytes of data; {rows} rows of step {message.step} need {needed}"
        raise InputError("data", text)
    padded = np.ndarray((rows, row_bytes), np.uint8, message.data, strides=(message.step, 1))
    data = np.ascontiguousarray(padded)
    if sample_bytes == 2 and bool(message.is_bigendian) != NATIVE_IS_BIGENDIAN:
        data = data.view(np.uint16).byteswap()
    return PackedImage(message.height, message.width, encoding, row_bytes, data.data)


def image_to_array(message: Image, encoding: str) -> np.ndarray:
    """Convert an Image to uint8 (H, W) for "mono8", (H, W, 3) for "bgr8"; it may share the message's memory.

    16-bit samples are scaled by 255 / 65535, bayer and yuv images are converted by OpenCV.

    Raises:
        InputError: unknown encoding, zero size, step too small, data too short, or not convertible.
    """
    packed = _packed(message)
    if packed.encoding == encoding == "mono8":
        return np.frombuffer(packed.data, np.uint8).reshape(packed.height, packed.width)
    try:
        if (packed.encoding, encoding) in SEMI_PLANAR:
            planes = np.frombuffer(packed.data, np.uint8).reshape(-1, packed.width)
            return cv2.cvtColor(planes, SEMI_PLANAR[packed.encoding, encoding])
        return np.asarray(_bridge(packed, encoding))
    except Exception as error:
        text = f"{message.width}x{message.height} {message.encoding} image not convertible to {encoding}: {error}"
        raise InputError("conversion", text) from error


def compressed_image_to_array(message: CompressedImage, encoding: str) -> np.ndarray:
    """Decode a CompressedImage (jpeg, png, ...) to uint8 (H, W) for "mono8", (H, W, 3) for "bgr8".

    Raises:
        InputError: empty or undecodable data.
    """
    if len(message.data) == 0:
        raise InputError("data", f"compressed image of format '{message.format}' without data")
    try:
        image = cv2.imdecode(np.frombuffer(message.data, np.uint8), DECODE_FLAGS[encoding])
    except cv2.error as error:
        raise InputError("conversion", f"compressed image not decodable: {error}") from error
    if image is None:
        text = f"{len(message.data)} bytes of format '{message.format}' are no image that OpenCV can decode"
        raise InputError("conversion", text)
    return image


def message_to_array(message: Image | CompressedImage, encoding: str) -> np.ndarray:
    """Convert either kind of image message to a uint8 array, see image_to_array and compressed_image_to_array."""
    if isinstance(message, CompressedImage):
        return compressed_image_to_array(message, encoding)
    return image_to_array(message, encoding)


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

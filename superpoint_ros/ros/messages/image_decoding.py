"""Image messages -> arrays, the one place for it, whether they come from a topic or a bag; nothing here needs ROS."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias, cast

import cv2
import numpy as np

from superpoint_ros.core.errors import ImageError
from superpoint_ros.core.image_files import MAX_IMAGE_PIXELS, Channels, decode_image
from superpoint_ros.ros.messages.errors import InputError
from superpoint_ros.ros.messages.limits import check_size

Encoding: TypeAlias = Literal["mono8", "bgr8"]
CHANNELS: dict[Encoding, Channels] = {"mono8": "gray", "bgr8": "bgr"}


class RawImage(Protocol):
    """Hold the fields of sensor_msgs/Image, whichever library made the message."""

    height: int
    width: int
    encoding: str
    is_bigendian: Any
    step: int
    data: Any


class EncodedImage(Protocol):
    """Hold the fields of sensor_msgs/CompressedImage, whichever library made the message."""

    format: str
    data: Any


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
MOSAICS = tuple(encoding for encoding in LAYOUTS if encoding.startswith("bayer_"))
# Those of depth alone: mono16 may be an image.
DEPTH_ENCODINGS = ("16UC1", "32FC1")
# Neither cv_bridge nor rosbags-image reads these.
SEMI_PLANAR = {
    ("nv12", "mono8"): cv2.COLOR_YUV2GRAY_NV12,
    ("nv12", "bgr8"): cv2.COLOR_YUV2BGR_NV12,
    ("nv21", "mono8"): cv2.COLOR_YUV2GRAY_NV21,
    ("nv21", "bgr8"): cv2.COLOR_YUV2BGR_NV21,
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


def _encoding(message: RawImage) -> str:
    encoding = ALIASES.get(message.encoding, message.encoding)
    if encoding not in LAYOUTS:
        known = ", ".join([*LAYOUTS, *ALIASES])
        raise InputError("encoding", f"encoding '{message.encoding}' is not one of {known}")
    return encoding


def _rows(message: RawImage, encoding: str) -> int:
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


def _packed(message: RawImage) -> PackedImage:
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


def image_to_array(message: RawImage, encoding: Encoding, max_pixels: int = MAX_IMAGE_PIXELS) -> np.ndarray:
    """Convert an Image to uint8 (H, W) for "mono8", (H, W, 3) for "bgr8"; it may share the message's memory.

    16-bit samples are scaled by 255 / 65535, bayer and yuv images are converted by OpenCV.

    Raises:
        InputError: Unknown encoding, zero size, step too small, data too short, not convertible, or larger than
            `max_pixels`.
    """
    check_size(message.height, message.width, max_pixels)
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


def is_depth_format(form: str) -> bool:
    """Tell whether the encoding of an Image, or the format of a CompressedImage, is one of depth."""
    return form.partition(";")[0].strip() in DEPTH_ENCODINGS or "compressedDepth" in form


def _mosaic_encoding(form: str) -> str:
    """Return the bayer encoding of the pixels of a CompressedImage; "" where they are no mosaic.

    As image_transport writes it, a format is "<encoding>; <codec> compressed <target>": the encoding is that of the
    image before, and the pixels are unconverted where no target is named.
    """
    encoding, _, rest = form.partition(";")
    target = rest.partition("compressed")[2].strip()
    is_mosaic = encoding.strip() in MOSAICS and (not target or target in MOSAICS)
    return encoding.strip() if is_mosaic else ""


def _mosaic_to_array(pixels: np.ndarray, mosaic: str, encoding: Encoding, max_pixels: int) -> np.ndarray:
    """Convert a mosaic (H, W), uint8 or uint16 whatever its encoding says, as an Image of it is converted."""
    bits = 8 * pixels.dtype.itemsize
    if bits not in (8, 16):
        raise InputError("conversion", f"{mosaic} image of {pixels.dtype}; it must be of 8 or 16 bits")
    height, width = pixels.shape
    data = np.ascontiguousarray(pixels).view(np.uint8).ravel().data
    packed = PackedImage(height, width, f"{mosaic.rstrip('0123456789')}{bits}", width * pixels.dtype.itemsize, data)
    return image_to_array(cast(RawImage, packed), encoding, max_pixels)


def compressed_image_to_array(message: EncodedImage, encoding: Encoding, max_pixels: int) -> np.ndarray:
    """Decode a CompressedImage (jpeg, png, ...) to uint8 (H, W) for "mono8", (H, W, 3) for "bgr8".

    A mosaic that was compressed as it is, by a format like "bayer_rggb8; png compressed ", is converted as a raw one.

    Raises:
        InputError: Empty, undecodable, depth, or larger than `max_pixels`.
    """
    if len(message.data) == 0:
        raise InputError("data", f"compressed image of format '{message.format}' without data")
    if is_depth_format(message.format):
        text = (
            f"format '{message.format}' is depth; choose the topic of the images, which are mono16 where they have "
            "16 bits, or image_transport's raw depth"
        )
        raise InputError("encoding", text)
    mosaic, encoded = _mosaic_encoding(message.format), np.frombuffer(message.data, np.uint8)
    try:
        if mosaic and (pixels := decode_image(encoded, "unchanged", max_pixels=max_pixels)).ndim == 2:
            return _mosaic_to_array(pixels, mosaic, encoding, max_pixels)
        return decode_image(encoded, CHANNELS[encoding], max_pixels=max_pixels)
    except InputError:
        raise
    except ImageError as error:
        text = f"{len(message.data)} bytes of format '{message.format}': {error}"
        raise InputError("conversion", text) from error


def message_to_array(
    message: RawImage | EncodedImage, encoding: Encoding, *, max_pixels: int = MAX_IMAGE_PIXELS
) -> np.ndarray:
    """Convert a sensor_msgs Image or CompressedImage, of ROS 1 or 2, to a uint8 array.

    Args:
        message: The message, from a topic or a bag.
        encoding: "mono8" for (H, W), "bgr8" for (H, W, 3).
        max_pixels: Number of pixels above which nothing is converted.

    Raises:
        InputError: The message holds no image that can be converted; see the functions for either kind.
    """
    if hasattr(message, "encoding"):
        return image_to_array(cast(RawImage, message), encoding, max_pixels)
    return compressed_image_to_array(message, encoding, max_pixels)

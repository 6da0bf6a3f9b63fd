import contextlib
import sys
import types
from array import array

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from superpoint_ros.core.errors import ImageError
from superpoint_ros.ros.messages import image_decoding, images
from superpoint_ros.ros.messages.errors import InputError
from superpoint_ros.ros.messages.image_decoding import image_to_array

CHANNELS = {"mono8": 1, "8UC1": 1, "rgb8": 3, "bgr8": 3, "8UC3": 3, "rgba8": 4, "bgra8": 4, "8UC4": 4}
WIDE = {"mono16": 1, "16UC1": 1, "rgb16": 3, "bgr16": 3, "rgba16": 4, "bgra16": 4}


def message(encoding, pixels, padding=0, bigendian=False, height=None, width=None):
    """Pixels (H, W) or (H, W, C) -> Image, each row followed by `padding` bytes of 0xAB."""
    if pixels.dtype == np.uint16:
        pixels = pixels.astype(">u2" if bigendian else "<u2")
    rows = np.ascontiguousarray(pixels).reshape(len(pixels), -1).view(np.uint8)
    padded = np.pad(rows, ((0, 0), (0, padding)), constant_values=0xAB)
    height, width = height or pixels.shape[0], width or pixels.shape[1]
    data = array("B", padded.tobytes())
    return Image(
        height=height, width=width, encoding=encoding, step=padded.shape[1], is_bigendian=int(bigendian), data=data
    )


def color(bgr, size=(8, 12)):
    return np.full((*size, 3), bgr, np.uint8)


@given(data=st.data(), encoding=st.sampled_from(sorted(CHANNELS)), bigendian=st.booleans())
def test_eight_bit_images_whatever_the_padding(data, encoding, bigendian):
    height, width, padding = (data.draw(st.integers(low, 20)) for low in (1, 1, 0))
    pixels = data.draw(hnp.arrays(np.uint8, (height, width, CHANNELS[encoding])))
    got = image_to_array(message(encoding, pixels, padding, bigendian), "bgr8")
    expected = np.broadcast_to(pixels[:, :, :3], (height, width, 3))
    np.testing.assert_array_equal(got, expected[:, :, ::-1] if encoding.startswith("rgb") else expected)


@given(data=st.data(), encoding=st.sampled_from(sorted(CHANNELS)))
def test_gray_is_that_of_opencv(data, encoding):
    height, width, padding = (data.draw(st.integers(low, 20)) for low in (1, 1, 0))
    image = message(encoding, data.draw(hnp.arrays(np.uint8, (height, width, CHANNELS[encoding]))), padding)
    expected = cv2.cvtColor(image_to_array(image, "bgr8"), cv2.COLOR_BGR2GRAY)
    np.testing.assert_array_equal(image_to_array(image, "mono8"), expected)


@given(data=st.data(), encoding=st.sampled_from(sorted(WIDE)), bigendian=st.booleans())
def test_sixteen_bit_images_are_scaled(data, encoding, bigendian):
    height, width, padding = (data.draw(st.integers(low, 12)) for low in (1, 1, 0))
    pixels = data.draw(hnp.arrays(np.uint16, (height, width, WIDE[encoding])))
    got = image_to_array(message(encoding, pixels, padding, bigendian), "bgr8")
    expected = np.broadcast_to(pixels[:, :, :3] / 257.0, (height, width, 3))
    expected = expected[:, :, ::-1] if encoding.startswith("rgb") else expected
    assert got.dtype == np.uint8
    np.testing.assert_allclose(got, expected, atol=1.0)


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("order", image_decoding.BAYER_ORDERS)
@pytest.mark.parametrize("padding", [0, 4])
def test_bayer_orders(order, depth, padding):
    bgr = {"b": 200, "g": 100, "r": 50}
    mosaic = np.tile(np.array([bgr[letter] for letter in order], np.uint8).reshape(2, 2), (4, 6))
    pixels = mosaic if depth == 8 else mosaic.astype(np.uint16) * 257
    image = message(f"bayer_{order}{depth}", pixels, padding)
    np.testing.assert_allclose(image_to_array(image, "bgr8"), color((200, 100, 50)), atol=1)
    gray = 0.114 * 200 + 0.587 * 100 + 0.299 * 50
    np.testing.assert_allclose(image_to_array(image, "mono8"), np.full((8, 12), gray), atol=2)


@pytest.mark.parametrize("padding", [0, 6])
@pytest.mark.parametrize(
    ("encoding", "order"), [("yuv422", "uyvy"), ("uyvy", "uyvy"), ("yuv422_yuy2", "yuyv"), ("yuyv", "yuyv")]
)
def test_yuv422(encoding, order, padding):
    luma = np.arange(16, 16 + 8 * 12, dtype=np.uint8).reshape(8, 12)
    macropixels = np.zeros((8, 6, 4), np.uint8)
    first_luma, u, second_luma, v = (order.index("y"), order.index("u"), order.rindex("y"), order.index("v"))
    macropixels[..., first_luma], macropixels[..., second_luma] = luma[:, ::2], luma[:, 1::2]
    macropixels[..., u], macropixels[..., v] = 128, 128
    image = message(encoding, macropixels.reshape(8, 12, 2), padding)
    np.testing.assert_array_equal(image_to_array(image, "mono8"), luma)
    macropixels[..., u] = 228
    blue = image_to_array(message(encoding, macropixels.reshape(8, 12, 2), padding), "bgr8").astype(int)
    assert (blue[..., 0] - blue[..., 2] > 50).all()


@pytest.mark.parametrize("padding", [0, 6])
@pytest.mark.parametrize("encoding", ["nv12", "nv21"])
def test_semi_planar(encoding, padding):
    luma = np.arange(16, 16 + 8 * 12, dtype=np.uint8).reshape(8, 12)
    chroma = np.full((4, 12), 128, np.uint8)
    planes = np.concatenate([luma, chroma])
    image = message(encoding, planes, padding, height=8)
    np.testing.assert_array_equal(image_to_array(image, "mono8"), luma)
    planes[8:, 0 if encoding == "nv12" else 1 :: 2] = 228
    blue = image_to_array(message(encoding, planes, padding, height=8), "bgr8").astype(int)
    assert (blue[..., 0] - blue[..., 2] > 50).all()


def test_the_last_row_needs_no_padding():
    image = message("mono8", np.arange(6, dtype=np.uint8).reshape(2, 3), padding=5)
    image.data = image.data[:-5]
    np.testing.assert_array_equal(image_to_array(image, "mono8"), [[0, 1, 2], [3, 4, 5]])


GRAY = np.zeros((4, 6), np.uint8)
BAD_IMAGES = {
    "empty": (Image(), "encoding", "encoding ''"),
    "zero size": (Image(encoding="mono8", step=6), "size", "0x0"),
    "no rows": (Image(encoding="mono8", width=6, step=6), "size", "6x0"),
    "unknown encoding": (message("mono9", GRAY), "encoding", "'mono9'"),
    "float with NaN": (message("32FC1", np.full((4, 6), np.nan, np.float32)), "encoding", "'32FC1'"),
    "step too small": (message("rgb8", GRAY), "step", "step 6 is less than the 18 bytes"),
    "data too short": (
        Image(height=4, width=6, encoding="mono8", step=6, data=array("B", bytes(23))), "data", "23 bytes"
    ),
    "no data": (Image(height=4, width=6, encoding="mono8", step=6), "data", "0 bytes of data"),
    "short second plane": (message("nv12", GRAY), "data", "24 bytes of data; 6 rows of step 6 need 36"),
    "odd nv12": (message("nv12", np.zeros((5, 5), np.uint8)), "size", "even"),
    "odd yuv422": (message("yuv422", np.zeros((4, 5, 2), np.uint8)), "size", "even"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_IMAGES)
@pytest.mark.parametrize("encoding", ["mono8", "bgr8"])
def test_bad_images_are_named(case, encoding):
    image, reason, text = BAD_IMAGES[case]
    with pytest.raises(InputError, match=text) as raised:
        image_to_array(image, encoding)
    assert raised.value.reason == reason


@given(
    st.integers(0, 9),
    st.integers(0, 9),
    st.integers(0, 80),
    st.binary(max_size=300),
    st.sampled_from([*image_decoding.LAYOUTS, *image_decoding.ALIASES, "", "32FC1", "nv24", "MONO8"]),
    st.sampled_from(["mono8", "bgr8"]),
    st.integers(0, 255),
)
def test_any_message_gives_an_image_or_a_named_error(height, width, step, data, encoding, wanted, bigendian):
    image = Image(height=height, width=width, step=step, encoding=encoding, data=array("B", data))
    image.is_bigendian = bigendian
    got = None
    with contextlib.suppress(ImageError):
        got = image_to_array(image, wanted)
    if got is not None:
        assert got.dtype == np.uint8
        assert got.shape == ((height, width) if wanted == "mono8" else (height, width, 3))


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3)])
def test_array_to_image_and_back(shape):
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    image = images.array_to_image(pixels, Header(frame_id="left"))
    assert (image.header.frame_id, image.height, image.width) == ("left", 5, 7)
    np.testing.assert_array_equal(image_to_array(image, "mono8" if pixels.ndim == 2 else "bgr8"), pixels)


def compressed(pixels, extension, form=""):
    return CompressedImage(format=form, data=array("B", cv2.imencode(extension, pixels)[1].tobytes()))


@pytest.mark.parametrize("pixels", [GRAY + 7, color((10, 20, 30)), np.full((4, 6), 0x2A2A, np.uint16)])
def test_png(pixels):
    bgr = image_decoding.message_to_array(compressed(pixels, ".png"), "bgr8")
    expected = {2: (pixels >> 8 if pixels.dtype == np.uint16 else pixels)[..., None], 3: pixels}[pixels.ndim]
    np.testing.assert_array_equal(bgr, np.broadcast_to(expected, bgr.shape))
    gray = image_decoding.message_to_array(compressed(pixels, ".png"), "mono8")
    np.testing.assert_allclose(gray, cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), atol=1)


# (format, bits)
MOSAICS = [
    ("{}; jpeg compressed ", 8),
    *((form, bits) for form in ("{}; png compressed ", "{}; png compressed {}", "{}; tiff compressed ", "{}")
      for bits in (8, 16)),
]  # fmt: skip


@pytest.mark.parametrize(("form", "depth"), MOSAICS)
@pytest.mark.parametrize("order", image_decoding.BAYER_ORDERS)
def test_a_compressed_mosaic_is_converted_as_a_raw_one(order, depth, form):
    codec = next((one for one in ("tiff", "jpeg") if one in form), "png")
    scene = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (16, 24), dtype=np.uint8), (0, 0), 2)
    scene[::2, ::2] //= 2
    encoding, pixels = f"bayer_{order}{depth}", scene if depth == 8 else scene.astype(np.uint16) * 257
    decoded = cv2.imdecode(cv2.imencode(f".{codec}", pixels)[1], cv2.IMREAD_UNCHANGED)
    for wanted in ("mono8", "bgr8"):
        got = image_decoding.message_to_array(compressed(pixels, f".{codec}", form.format(encoding, encoding)), wanted)
        np.testing.assert_array_equal(got, image_to_array(message(encoding, decoded), wanted))
        assert (got if wanted == "mono8" else got[..., 1]).tolist() != scene.tolist()


@pytest.mark.parametrize("form", ["bayer_rggb8; jpeg compressed bgr8", "bayer_rggb8; jpeg compressed ", "png", ""])
def test_a_mosaic_that_was_converted_before_it_was_compressed_is_not_converted_again(form):
    pixels = color((10, 20, 30))
    got = image_decoding.message_to_array(compressed(pixels, ".png", form), "bgr8")
    np.testing.assert_array_equal(got, pixels)


def test_a_gray_target_of_a_mosaic_is_gray():
    got = image_decoding.message_to_array(compressed(GRAY + 7, ".png", "bayer_rggb8; png compressed mono8"), "mono8")
    np.testing.assert_array_equal(got, GRAY + 7)


def test_sixteen_bits_under_the_name_of_an_eight_bit_mosaic_are_scaled():
    pixels = np.full((4, 6), 0x2A2A, np.uint16)
    got = image_decoding.message_to_array(compressed(pixels, ".png", "bayer_rggb8; png compressed "), "mono8")
    np.testing.assert_array_equal(got, 0x2A)


@pytest.mark.parametrize("form", ["16UC1; png compressed ", "32FC1; tiff compressed ", "16UC1; compressedDepth png"])
def test_compressed_depth_is_no_image(form):
    depth = compressed(np.full((4, 6), 1500, np.uint16), ".png", form)
    with pytest.raises(InputError, match="is depth; choose the topic of the images") as raised:
        image_decoding.message_to_array(depth, "mono8")
    assert raised.value.reason == "encoding"
    depth.format = "mono16; png compressed "
    assert image_decoding.message_to_array(depth, "mono8")[0, 0] == 1500 >> 8


@pytest.mark.parametrize("data", [b"no image at all", cv2.imencode(".png", GRAY)[1].tobytes()[:-20]])
def test_a_damaged_mosaic_is_named_with_its_format(data):
    damaged = CompressedImage(format="bayer_rggb8; png compressed ", data=array("B", data))
    with pytest.raises(InputError, match="of format 'bayer_rggb8; png compressed '") as raised:
        image_decoding.message_to_array(damaged, "mono8")
    assert raised.value.reason == "conversion"


def test_jpeg_and_back():
    pixels = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (32, 48, 3), dtype=np.uint8), (0, 0), 4)
    image = images.array_to_compressed_image(pixels, Header(frame_id="left"))
    assert (image.header.frame_id, image.format) == ("left", "jpeg")
    np.testing.assert_allclose(image_decoding.message_to_array(image, "bgr8"), pixels, atol=6)


@pytest.mark.parametrize(("data", "reason"), [(b"", "data"), (b"no image at all", "conversion")])
def test_bad_compressed_images_are_named(data, reason):
    with pytest.raises(InputError) as raised:
        image_decoding.message_to_array(CompressedImage(format="jpeg", data=array("B", data)), "mono8")
    assert raised.value.reason == reason


def test_cv_bridge_is_taken_where_it_is(monkeypatch):
    class CvBridge:
        def imgmsg_to_cv2(self, image, encoding):
            return image.height, encoding

    monkeypatch.setitem(sys.modules, "cv_bridge", types.SimpleNamespace(CvBridge=CvBridge))
    assert image_decoding._load_bridge()(Image(height=3), "bgr8") == (3, "bgr8")

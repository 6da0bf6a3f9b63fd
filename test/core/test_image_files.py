import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from superpoint_ros.core import image_files
from superpoint_ros.core.errors import ImageError
from superpoint_ros.core.image_files import (
    IMAGE_SUFFIXES,
    decode_image,
    is_image_file,
    list_image_files,
    read_image_file,
)


@pytest.mark.parametrize("suffix", IMAGE_SUFFIXES)
def test_every_format_in_both_cases(suffix):
    assert is_image_file(Path(f"folder/image{suffix}"))
    assert is_image_file(Path(f"image{suffix.upper()}"))


@pytest.mark.parametrize("name", ["image.txt", "image", "image.png.partial", "png", "._image.png", ".hidden.jpg"])
def test_other_and_hidden_files(name):
    assert not is_image_file(Path(name))


def test_images_are_listed_by_the_numbers_in_their_names(tmp_path):
    for name in ("frame10.png", "frame9.png", "frame1.png", "._frame1.png", "notes.txt"):
        (tmp_path / name).touch()
    (tmp_path / "folder.png").mkdir()
    assert [path.name for path in list_image_files(tmp_path)] == ["frame1.png", "frame9.png", "frame10.png"]


def test_numbers_of_any_length_come_before_words(tmp_path):
    names = ["0.png", "7.png", "1700000000000000001.png", "1700000000000000002.png", "a.png", "a2.png", "a10.png"]
    for name in reversed(names):
        (tmp_path / name).touch()
    assert [path.name for path in list_image_files(tmp_path)] == names


def test_folders_below_are_searched_on_demand_but_not_hidden_ones(tmp_path):
    for name in ("b10/1.png", "b9/1.png", ".thumbnails/1.png", "0.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = list_image_files(tmp_path, recursive=True)
    assert [str(path.relative_to(tmp_path)) for path in found] == ["0.png", "b9/1.png", "b10/1.png"]
    assert [path.name for path in list_image_files(tmp_path)] == ["0.png"]


def rotated_jpeg(pixels: np.ndarray) -> bytes:
    """A jpeg whose EXIF tag says that it is to be shown turned by 90 degrees."""
    encoded = cv2.imencode(".jpg", pixels)[1].tobytes()
    tag = struct.pack(">HHIHH", 0x0112, 3, 1, 6, 0)
    exif = b"Exif\0\0MM\0*\0\0\0\x08" + struct.pack(">H", 1) + tag + b"\0\0\0\0"
    return encoded[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + encoded[2:]


@pytest.mark.parametrize("channels", ["gray", "bgr", "gray_or_bgr", "unchanged"])
def test_an_orientation_tag_turns_no_pixels(channels, tmp_path):
    data = rotated_jpeg(np.zeros((24, 40, 3), np.uint8))
    assert cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR).shape == (40, 24, 3)  # the tag is understood
    (tmp_path / "turned.jpg").write_bytes(data)
    assert read_image_file(tmp_path / "turned.jpg", channels).shape[:2] == (24, 40)


def declared_png(width: int, height: int) -> bytes:
    """A few bytes that declare an image of this size."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 16, 6, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("size", [(60_000, 60_000), (20_000, 10_000)])
def test_a_small_file_that_declares_a_huge_image_is_refused_before_it_is_decoded(size, monkeypatch):
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("decoded"))
    with pytest.raises(ImageError, match=r"too large|larger than"):
        decode_image(declared_png(*size), "bgr")


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_an_image_may_have_134_megapixels(monkeypatch):
    monkeypatch.setattr(cv2, "imdecode", lambda *_: "decoded")
    assert decode_image(declared_png(2**14, 2**13), "bgr") == "decoded"
    with pytest.raises(ImageError, match=r"16384x8193 is larger than the 134\.218 megapixels allowed"):
        decode_image(declared_png(2**14, 2**13 + 1), "bgr")


def test_a_file_may_have_a_gibibyte(tmp_path, monkeypatch):
    path = tmp_path / "large.png"
    with path.open("wb") as file:
        file.truncate(2**30 + 1)
    with pytest.raises(ImageError, match=r"large\.png': 1073741825 bytes are more than the 1073741824 allowed"):
        read_image_file(path, "gray")
    path.write_bytes(cv2.imencode(".png", np.zeros((10, 20), np.uint8))[1].tobytes())
    monkeypatch.setattr(image_files, "MAX_FILE_BYTES", path.stat().st_size)
    assert read_image_file(path, "gray").shape == (10, 20)


def test_the_limit_is_the_callers(tmp_path):
    data = cv2.imencode(".png", np.zeros((10, 20), np.uint8))[1]
    assert decode_image(data, "gray", max_pixels=200).shape == (10, 20)
    with pytest.raises(ImageError, match=r"20x10 is larger than the 0\.000199 megapixels allowed"):
        decode_image(data, "gray", max_pixels=199)


@pytest.mark.parametrize("keep", [0, 4, 20, 40])
def test_a_torn_file_is_named(keep, tmp_path):
    data = cv2.imencode(".png", np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8))[1].tobytes()
    (tmp_path / "torn.png").write_bytes(data[:keep])
    with pytest.raises(ImageError, match=r"torn\.png': .*decoded"):
        read_image_file(tmp_path / "torn.png", "gray")
    with pytest.raises(ImageError, match=r"absent\.png': no such file"):
        read_image_file(tmp_path / "absent.png", "gray")


def test_a_git_lfs_pointer_is_named_with_the_cure(tmp_path):
    (tmp_path / "a.png").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n")
    with pytest.raises(ImageError, match=r"a\.png': cannot be decoded: it is a Git LFS pointer, run 'git lfs pull'"):
        read_image_file(tmp_path / "a.png", "gray")

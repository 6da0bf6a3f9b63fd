"""COLMAP's database: cameras, keypoints, matches and their geometries, as its mappers read them.

The tables are those of https://colmap.github.io/database.html; COLMAP adds the ones that are not here, and the columns
of its later versions, when it opens the file. COLMAP's pixel centers lie at +0.5.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from superpoint_ros.core.camera import Camera
from superpoint_ros.core.errors import CalibrationError
from superpoint_ros.core.files import written_whole
from superpoint_ros.export.content import ExportedImage, ExportedPair, TwoViewGeometry

MAX_IMAGE_ID = 2**31 - 1
PIXEL_CENTER = 0.5  # pixels, of the top-left pixel
# COLMAP's guess where nothing is known of the lens: SIMPLE_RADIAL of 1.2 times the longer side.
DEFAULT_FOCAL_FACTOR = 1.2
SIMPLE_RADIAL, PINHOLE, OPENCV, OPENCV_FISHEYE, FULL_OPENCV = 2, 1, 4, 5, 6
CALIBRATED, UNCALIBRATED = 2, 3
SCHEMA = """
CREATE TABLE cameras (
    camera_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, model INTEGER NOT NULL, width INTEGER NOT NULL,
    height INTEGER NOT NULL, params BLOB, prior_focal_length INTEGER NOT NULL);
CREATE TABLE images (
    image_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, name TEXT NOT NULL UNIQUE, camera_id INTEGER NOT NULL,
    CONSTRAINT image_id_check CHECK(image_id >= 0 and image_id < 2147483647),
    FOREIGN KEY(camera_id) REFERENCES cameras(camera_id));
CREATE TABLE keypoints (
    image_id INTEGER PRIMARY KEY NOT NULL, rows INTEGER NOT NULL, cols INTEGER NOT NULL, data BLOB,
    FOREIGN KEY(image_id) REFERENCES images(image_id) ON DELETE CASCADE);
CREATE TABLE matches (pair_id INTEGER PRIMARY KEY NOT NULL, rows INTEGER NOT NULL, cols INTEGER NOT NULL, data BLOB);
CREATE TABLE two_view_geometries (
    pair_id INTEGER PRIMARY KEY NOT NULL, rows INTEGER NOT NULL, cols INTEGER NOT NULL, data BLOB,
    config INTEGER NOT NULL, F BLOB, E BLOB, H BLOB, qvec BLOB, tvec BLOB);
"""


@dataclass(frozen=True)
class ColmapCamera:
    """Hold a camera as COLMAP has it.

    Attributes:
        model: Number of the camera model.
        image_size: (height, width), pixels.
        params: Parameters in the model's order, principal point at COLMAP's pixel centers.
        known: Whether the focal length is known, not guessed.
    """

    model: int
    image_size: tuple[int, int]
    params: tuple[float, ...]
    known: bool


def colmap_camera(camera: Camera | None, image_size: tuple[int, int]) -> ColmapCamera:
    """Convert a camera; guess as COLMAP does where there is none.

    Raises:
        CalibrationError: A lens model that COLMAP does not have, or skew.
    """
    height, width = image_size
    if camera is None:
        params = (DEFAULT_FOCAL_FACTOR * max(image_size), width / 2, height / 2, 0.0)
        return ColmapCamera(SIMPLE_RADIAL, image_size, params, known=False)
    if camera.K[0, 1] != 0.0:
        raise CalibrationError(
            f"COLMAP has no model of a skew, K[0, 1] = {camera.K[0, 1]:g}: undistort the images first"
        )
    pinhole = (camera.K[0, 0], camera.K[1, 1], camera.K[0, 2] + PIXEL_CENTER, camera.K[1, 2] + PIXEL_CENTER)
    used = len(np.trim_zeros(camera.distortion, "b"))
    models = ((OPENCV_FISHEYE, 4),) if camera.fisheye else ((PINHOLE, 0), (OPENCV, 4), (FULL_OPENCV, 8))
    model, count = next((one for one in models if used <= one[1]), (None, 0))
    if model is None:
        raise CalibrationError("COLMAP has no model of thin prisms and tilted sensors: undistort the images first")
    params = (*pinhole, *np.append(camera.distortion, np.zeros(count))[:count])
    return ColmapCamera(model, image_size, tuple(map(float, params)), known=True)


def pair_id(image_id0: int, image_id1: int) -> int:
    """Compute the key of a pair of images, the smaller id first."""
    return image_id0 * MAX_IMAGE_ID + image_id1


def write_colmap_database(path: Path, images: Sequence[ExportedImage], pairs: Sequence[ExportedPair]) -> None:
    """Write a database; images of one camera share it, and image i of the export has the id i + 1.

    Raises:
        CalibrationError: A lens model that COLMAP does not have, or skew.
    """
    cameras = [colmap_camera(image.camera, image.features.image_size) for image in images]
    camera_ids = {camera: number for number, camera in enumerate(dict.fromkeys(cameras), 1)}
    with written_whole(path) as beside:
        beside.unlink(missing_ok=True)
        with closing(sqlite3.connect(beside)) as database, database:
            database.executescript(SCHEMA)
            database.executemany(
                "INSERT INTO cameras VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (number, one.model, *one.image_size[::-1], np.array(one.params, "<f8").tobytes(), one.known)
                    for one, number in camera_ids.items()
                ],
            )
            names = [(i, image.name, camera_ids[cameras[i - 1]]) for i, image in enumerate(images, 1)]
            database.executemany("INSERT INTO images VALUES (?, ?, ?)", names)
            keypoints = [(i, *_blob(image.features.xy + PIXEL_CENTER, "<f4")) for i, image in enumerate(images, 1)]
            database.executemany("INSERT INTO keypoints VALUES (?, ?, ?, ?)", keypoints)
            database.executemany("INSERT INTO matches VALUES (?, ?, ?, ?)", _match_rows(pairs))
            database.executemany(
                "INSERT INTO two_view_geometries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", _geometry_rows(pairs)
            )


def _blob(array: np.ndarray, dtype: str) -> tuple[int, int, bytes]:
    """Return rows, columns and row-major bytes of a matrix."""
    return array.shape[0], array.shape[1], np.ascontiguousarray(array, dtype).tobytes()


def _match_rows(pairs: Sequence[ExportedPair]) -> Iterator[tuple[int, int, int, bytes]]:
    for pair in pairs:
        indices = np.column_stack([pair.matches.index0, pair.matches.index1])
        yield pair_id(pair.image0 + 1, pair.image1 + 1), *_blob(indices, "<u4")


def _geometry_rows(pairs: Sequence[ExportedPair]) -> Iterator[tuple[int | bytes, ...]]:
    quaternion, translation = np.array([1.0, 0, 0, 0]).tobytes(), np.zeros(3).tobytes()
    for pair in pairs:
        if pair.geometry is not None:
            indices = np.column_stack([pair.matches.index0, pair.matches.index1])[pair.geometry.inliers]
            config = UNCALIBRATED if pair.geometry.essential is None else CALIBRATED
            matrices = (np.asarray(matrix, "<f8").tobytes() for matrix in _colmap_matrices(pair.geometry))
            key = pair_id(pair.image0 + 1, pair.image1 + 1)
            yield key, *_blob(indices, "<u4"), config, *matrices, quaternion, translation


def _colmap_matrices(geometry: TwoViewGeometry) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return F, E and H for COLMAP's pixels; zeros where unknown."""
    zero, shift = np.zeros((3, 3)), np.array([[1, 0, -PIXEL_CENTER], [0, 1, -PIXEL_CENTER], [0, 0, 1]])
    fundamental = zero if geometry.fundamental is None else shift.T @ geometry.fundamental @ shift
    return fundamental, zero if geometry.essential is None else geometry.essential, zero

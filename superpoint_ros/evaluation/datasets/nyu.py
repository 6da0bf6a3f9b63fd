"""NYU Depth v2's labeled frames: one MATLAB 7.3 file, which is HDF5."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import cv2
import numpy as np

from superpoint_ros.core.errors import DatasetError, MissingExtraError
from superpoint_ros.evaluation.datasets.files import pinhole, require_path
from superpoint_ros.evaluation.datasets.frames import Frame

ORIGIN = (
    "NYU Depth v2's labeled set is one file, nyu_depth_v2_labeled.mat (2.8 GB), with 'images' (N, 3, W, H) and "
    "'rawDepths' (N, W, H) as HDF5 shows them, from https://cs.nyu.edu/~fergus/datasets/nyu_depth_v2.html"
)

# The toolbox's calibration of the color camera, whose pixels count from 1.
CAMERA = pinhole((518.857901, 519.469611), (325.582449 - 1, 253.736166 - 1), (480, 640))


def read_nyu(path: Path) -> list[Frame]:
    """Read the labeled frames; depth is the sensor's, registered to color, not the filled one.

    Raises:
        MissingExtraError: h5py is not installed.
        DatasetError: The file is missing or damaged.
    """
    try:
        import h5py
    except ImportError as error:
        raise MissingExtraError("reading NYU Depth v2 needs h5py: pip install 'superpoint_ros[evaluation]'") from error
    require_path(path, ORIGIN)
    try:
        with h5py.File(path, "r") as file:
            images, depths = file["images"].shape, file["rawDepths"].shape
    except (OSError, KeyError) as error:
        raise DatasetError(f"'{path}': {error}; {ORIGIN}") from error
    if len(images) != 4 or images[1] != 3 or depths != (images[0], *images[2:]):
        raise DatasetError(f"'{path}': images {images} and rawDepths {depths} do not belong together; {ORIGIN}")
    return [
        Frame(
            name=f"{index:04d}",
            stamp=float("nan"),
            image=partial(_read, path, "images", index),
            camera=CAMERA,
            depth=partial(_read, path, "rawDepths", index),
        )
        for index in range(images[0])
    ]


def _read(path: Path, name: str, index: int) -> np.ndarray:
    """Read one entry from MATLAB's column order: uint8 (H, W, 3) in BGR order, or float32 (H, W), meters."""
    import h5py

    try:
        with h5py.File(path, "r") as file:
            values = np.ascontiguousarray(file[name][index].T)
    except OSError as error:
        raise DatasetError(f"'{path}': entry {index} of '{name}' cannot be read ({error}); {ORIGIN}") from error
    return cv2.cvtColor(values, cv2.COLOR_RGB2BGR) if values.ndim == 3 else values.astype(np.float32)

"""Layouts of data sets by name, and how a layout is recognized."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from superpoint_ros.core.errors import DatasetError
from superpoint_ros.evaluation.datasets.euroc import read_euroc
from superpoint_ros.evaluation.datasets.folders import read_folder
from superpoint_ros.evaluation.datasets.frames import Frame, HomographyPair
from superpoint_ros.evaluation.datasets.homography_pairs import read_hpatches, read_oxford, read_pairs
from superpoint_ros.evaluation.datasets.kitti import read_kitti_completion, read_kitti_odometry
from superpoint_ros.evaluation.datasets.nyu import read_nyu
from superpoint_ros.evaluation.datasets.tum import read_tum

Item = TypeVar("Item", HomographyPair, Frame)


@dataclass(frozen=True)
class Layout(Generic[Item]):
    """Describe the files of a data set.

    Attributes:
        read: Reads its pairs or frames from a path.
        signs: Glob patterns under the path, one of which is enough to recognize the layout.
    """

    read: Callable[[Path], list[Item]]
    signs: tuple[str, ...]


HOMOGRAPHY_LAYOUTS: dict[str, Layout[HomographyPair]] = {
    "pairs": Layout(read_pairs, ("pairs.txt",)),
    "hpatches": Layout(read_hpatches, ("H_1_*", "*/H_1_*")),
    "oxford": Layout(read_oxford, ("H1to*p", "*/H1to*p")),
}
FRAME_LAYOUTS: dict[str, Layout[Frame]] = {
    "tum": Layout(read_tum, ("rgb.txt",)),
    "euroc": Layout(read_euroc, ("mav0", "cam0/data.csv")),
    "kitti-odometry": Layout(read_kitti_odometry, ("calib.txt", "image_0", "image_2")),
    "kitti-completion": Layout(read_kitti_completion, ("groundtruth_depth", "velodyne_raw")),
    "nyu": Layout(read_nyu, ()),
    "folder": Layout(read_folder, ("*",)),
}


def read_dataset(path: Path, layouts: dict[str, Layout[Item]], layout: str = "auto") -> list[Item]:
    """Read the pairs or frames at a path.

    Args:
        path: Folder, or NYU's .mat file.
        layouts: HOMOGRAPHY_LAYOUTS or FRAME_LAYOUTS.
        layout: Name of a layout, or "auto" for the first that is recognized.

    Raises:
        DatasetError: The path does not exist, its layout is unknown, or files are missing or damaged.
    """
    if layout != "auto" and layout not in layouts:
        raise DatasetError(f"layout '{layout}' is not one of auto, {', '.join(layouts)}")
    if not path.exists():
        raise DatasetError(f"'{path}' does not exist; expected a data set in one of the layouts {', '.join(layouts)}")
    if layout == "auto":
        layout = _recognize(path, layouts)
    return layouts[layout].read(path)


def _recognize(path: Path, layouts: dict[str, Layout[Item]]) -> str:
    if path.is_file() and path.suffix == ".mat" and "nyu" in layouts:
        return "nyu"
    if path.is_dir():
        for name, layout in layouts.items():
            if any(next(path.glob(sign), None) is not None for sign in layout.signs):
                return name
    expected = "; ".join(f"{name}: {' or '.join(layout.signs)}" for name, layout in layouts.items() if layout.signs)
    raise DatasetError(f"'{path}' has no known layout; what each is known by: {expected}")

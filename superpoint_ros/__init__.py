"""SuperPoint keypoints, persistent tracks and dense depth: as a library, and as ROS 2 nodes.

The names below are loaded when they are first used: importing the package loads neither PyTorch nor OpenCV.

    >>> import numpy as np
    >>> from superpoint_ros import Extractor, Tracker, match
    >>> image = np.random.default_rng(0).integers(0, 256, (120, 160), np.uint8)
    >>> extractor, tracker = Extractor(device="cpu"), Tracker()
    >>> features = extractor.extract(image)
    >>> tracks = tracker.update(features)
    >>> len(tracks) == len(features) == len(match(features.descriptors, features.descriptors))
    True
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from superpoint_ros.core.camera import Camera
    from superpoint_ros.core.decode_options import DecodeOptions
    from superpoint_ros.core.errors import SuperPointRosError
    from superpoint_ros.core.matching import match
    from superpoint_ros.core.stereo import StereoDepth, StereoRig, stereo_depth
    from superpoint_ros.core.stereo_options import StereoOptions
    from superpoint_ros.core.tracker import Tracker
    from superpoint_ros.core.tracker_options import TrackerOptions
    from superpoint_ros.core.triangulation import triangulate
    from superpoint_ros.core.types import DenseDepth, Features, Matches, Tracks
    from superpoint_ros.inference.densifier import Densifier, DensifierOptions
    from superpoint_ros.inference.extractor import Extractor

    __version__: str

__all__ = [
    "Camera",
    "DecodeOptions",
    "DenseDepth",
    "Densifier",
    "DensifierOptions",
    "Extractor",
    "Features",
    "Matches",
    "StereoDepth",
    "StereoOptions",
    "StereoRig",
    "SuperPointRosError",
    "Tracker",
    "TrackerOptions",
    "Tracks",
    "__version__",
    "match",
    "stereo_depth",
    "triangulate",
]

_MODULES = {
    "Camera": "core.camera",
    "DecodeOptions": "core.decode_options",
    "DenseDepth": "core.types",
    "Densifier": "inference.densifier",
    "DensifierOptions": "inference.densifier",
    "Extractor": "inference.extractor",
    "Features": "core.types",
    "Matches": "core.types",
    "StereoDepth": "core.stereo",
    "StereoOptions": "core.stereo_options",
    "StereoRig": "core.stereo",
    "SuperPointRosError": "core.errors",
    "Tracker": "core.tracker",
    "TrackerOptions": "core.tracker_options",
    "Tracks": "core.types",
    "match": "core.matching",
    "stereo_depth": "core.stereo",
    "triangulate": "core.triangulation",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        value: Any = version("superpoint_ros")
    elif name in _MODULES:
        value = getattr(importlib.import_module(f"superpoint_ros.{_MODULES[name]}"), name)
    else:
        raise AttributeError(f"module 'superpoint_ros' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

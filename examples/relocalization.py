"""Relocalization: where in a mapped place an image was taken, by PnP on matches with the map's points.

python examples/relocalization.py --data DATA [--query IMAGE]

The map is a sequence with camera and poses; its points come from depth images where there are such, else they are
triangulated. Without a query every fifth image is held out of the map, and its pose is compared with the truth.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from superpoint_ros import Camera, DecodeOptions, Extractor, Features, match, triangulate
from superpoint_ros.core.geometry import inverse_pose, lift, transform
from superpoint_ros.core.sparse_depth import depth_at
from superpoint_ros.evaluation.datasets.catalog import FRAME_LAYOUTS, read_dataset
from superpoint_ros.evaluation.datasets.files import read_image
from superpoint_ros.evaluation.datasets.frames import Frame
from superpoint_ros.evaluation.sequences.pose_metrics import rotation_error
from superpoint_ros.evaluation.sequences.sized_frames import relative_pose, undistort

HELD_OUT = 5  # one of so many images is a query
PARTNERS = 3  # images before and after one, with which its keypoints are triangulated
NEAREST_VIEWS = 5  # views of the map, those with most matches, whose points the query's pose is computed from
MAX_REPROJECTION_ERROR = 3.0  # pixels, of a RANSAC inlier
MIN_INLIERS = 12


@dataclass(frozen=True)
class MapView:
    """Hold the keypoints of one image of the map whose place is known: features, and points (N, 3) in the world."""

    features: Features
    points: np.ndarray


@dataclass(frozen=True)
class Location:
    """Hold where an image was taken: T_world_camera (4, 4), meters, and how many matches agree."""

    pose: np.ndarray
    inliers: int


def build_map(frames: Sequence[Frame], features: Sequence[Features]) -> list[MapView]:
    """Find the points in the world of the keypoints of frames with cameras and poses."""
    views = []
    for number, (frame, seen) in enumerate(zip(frames, features, strict=True)):
        if frame.camera is None or frame.pose is None:
            raise SystemExit(f"frame '{frame.name}' has no camera or no pose: a map needs both")
        depth = _triangulated(number, frames, features) if frame.depth is None else depth_at(frame.depth(), seen.xy)
        known = np.isfinite(depth)
        points = lift(undistort(seen.xy[known], frame.camera), depth[known], frame.camera.K)
        views.append(MapView(seen.take(known), transform(points, frame.pose)))
    return views


def _triangulated(number: int, frames: Sequence[Frame], features: Sequence[Features]) -> np.ndarray:
    """Depth of the keypoints of a frame (N,): the median over the frames around it; NaN where none of them knows it."""
    frame, seen = frames[number], features[number]
    partners = [n for n in range(number - PARTNERS, number + PARTNERS + 1) if n != number and 0 <= n < len(frames)]
    depths = np.full((len(partners), len(seen)), np.nan)
    for row, partner in enumerate(partners):
        other, T_1_0 = frames[partner], relative_pose(frame, frames[partner])
        if T_1_0 is not None and frame.camera is not None and other.camera is not None:
            matches = match(seen.descriptors, features[partner].descriptors)
            xy0, xy1 = seen.xy[matches.index0], features[partner].xy[matches.index1]
            depths[row, matches.index0] = triangulate(xy0, xy1, frame.camera, other.camera, T_1_0)
    known = np.isfinite(depths).any(axis=0)
    result = np.full(len(seen), np.nan)
    result[known] = np.nanmedian(depths[:, known], axis=0)
    return result


def locate(query: Features, camera: Camera, views: Sequence[MapView]) -> Location | None:
    """Compute the pose of an image from its matches with the map; None where too few of them agree."""
    matched = [match(query.descriptors, view.features.descriptors) for view in views]
    nearest = sorted(range(len(views)), key=lambda n: -len(matched[n]))[:NEAREST_VIEWS]
    rows = np.concatenate([matched[n].index0 for n in nearest])
    points = np.concatenate([views[n].points[matched[n].index1] for n in nearest])
    normalized = camera.normalize(query.xy[rows])
    good = np.isfinite(normalized).all(axis=1)
    if good.sum() < MIN_INLIERS:
        return None
    points, normalized = points[good], normalized[good]
    found, rotation, translation, inliers = cv2.solvePnPRansac(
        points,
        normalized,
        np.eye(3),
        None,
        iterationsCount=2000,
        reprojectionError=MAX_REPROJECTION_ERROR / camera.K[0, 0],
        confidence=0.9999,
        flags=cv2.SOLVEPNP_P3P,
    )
    if not found or len(inliers) < MIN_INLIERS:
        return None
    # Least squares over the inliers
    chosen = inliers.ravel()
    rotation, translation = cv2.solvePnPRefineLM(
        points[chosen], normalized[chosen], np.eye(3), None, rotation, translation
    )
    T_camera_world = np.eye(4)
    T_camera_world[:3, :3], T_camera_world[:3, 3] = cv2.Rodrigues(rotation)[0], translation.ravel()
    return Location(inverse_pose(T_camera_world), len(chosen))


def judge(frames: Sequence[Frame], extractor: Extractor) -> np.ndarray:
    """Locate every fifth frame in a map of the others; return errors (Q, 2) in cm and degrees, inf where lost."""
    features = [extractor.extract(frame.image()) for frame in frames]
    held_out = [n for n in range(len(frames)) if n % HELD_OUT == HELD_OUT // 2]
    mapped = [n for n in range(len(frames)) if n not in held_out]
    views = build_map([frames[n] for n in mapped], [features[n] for n in mapped])
    errors = []
    for n in held_out:
        camera, true = frames[n].camera, frames[n].pose
        assert camera is not None
        assert true is not None
        location = locate(features[n], camera, views)
        errors.append((np.inf, np.inf))
        if location is not None:
            distance = 100 * float(np.linalg.norm(location.pose[:3, 3] - true[:3, 3]))
            errors[-1] = (distance, rotation_error(location.pose[:3, :3], true[:3, :3]))
            print(f"  {frames[n].name}: {errors[-1][0]:.2f} cm, {errors[-1][1]:.3f} deg, {location.inliers} inliers")
        else:
            print(f"  {frames[n].name}: lost")
    return np.array(errors)


def main() -> None:
    """Locate a query, or every fifth image."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="sequence with camera and poses")
    parser.add_argument("--query", type=Path, help="image of the same camera")
    parser.add_argument("--max-keypoints", type=int, default=1000)
    arguments = parser.parse_args()
    frames = read_dataset(arguments.data, FRAME_LAYOUTS)
    extractor = Extractor(options=DecodeOptions(max_keypoints=arguments.max_keypoints))
    if arguments.query is None:
        errors = judge(frames, extractor)
        found = np.isfinite(errors).all(axis=1)
        middle = np.median(errors, axis=0)
        print(f"  located {found.sum()} of {len(errors)}; median {middle[0]:.2f} cm, {middle[1]:.3f} deg")
        return
    views = build_map(frames, [extractor.extract(frame.image()) for frame in frames])
    query, camera = extractor.extract(read_image(arguments.query)), frames[0].camera
    assert camera is not None
    location = locate(query, camera.fitted_to(query.image_size), views)
    if location is None:
        raise SystemExit("the image shows too little of the map")
    matrix = np.array2string(location.pose, precision=4, suppress_small=True)
    print(f"T_world_camera by {location.inliers} inliers:\n{matrix}")


if __name__ == "__main__":
    main()

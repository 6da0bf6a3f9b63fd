"""Whether keypoints and tracks are as exact as their sigma says: the variance of normalized errors, 1 where they are.

Keypoints: mutual matches of pairs with known homographies, against the two sigmas together. Tracks: positions against
where exact depth and poses put the track's first one, against the growth of its variance since then. Errors beyond
`--inlier` pixels are mismatches and are left out; their share is printed.

    python benchmarks/sigma.py --pairs DATA --frames 30

"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np

from superpoint_ros.cli.sequences import rendered_frames
from superpoint_ros.core.geometry import resize_homography, warp_points
from superpoint_ros.core.matching import match
from superpoint_ros.core.sparse_depth import depth_at
from superpoint_ros.core.tracker_options import TrackerOptions
from superpoint_ros.core.types import Features, Tracks
from superpoint_ros.evaluation.datasets.catalog import HOMOGRAPHY_LAYOUTS, read_dataset
from superpoint_ros.evaluation.datasets.frames import Frame
from superpoint_ros.evaluation.datasets.sizing import read_sized
from superpoint_ros.evaluation.detectors.options import DetectorOptions
from superpoint_ros.evaluation.sequences.methods import Method, make_methods, track_images
from superpoint_ros.evaluation.sequences.sized_frames import relative_pose, reproject, size_frame

Errors = tuple[np.ndarray, np.ndarray]  # errors (N, 2) in pixels, and the variances (N, 2) that they should have


def sigma_of(points: Features | Tracks) -> np.ndarray:
    """Standard deviations of all positions; every detector and tracker compared here gives them."""
    assert points.sigma is not None
    return points.sigma


def match_errors(features0: Features, features1: Features, homography: np.ndarray) -> Errors:
    """Errors of mutual matches in image 1; the first sigma is carried over by the homography's derivative."""
    pairs = match(features0.descriptors, features1.descriptors, max_descriptor_distance=0.7)
    xy0, xy1 = features0.xy[pairs.index0].astype(np.float64), features1.xy[pairs.index1]
    expected = warp_points(xy0, homography)
    steps = [warp_points(xy0 + step, homography) - expected for step in ((1, 0), (0, 1))]
    carried = np.square(steps).sum(axis=0) * sigma_of(features0)[pairs.index0, None] ** 2
    return xy1 - expected, carried + sigma_of(features1)[pairs.index1, None] ** 2


def keypoint_errors(folder: Path, method: Method, size: int) -> dict[str, list[Errors]]:
    """Errors of all pairs by the kind of their scene: i, b, v."""
    found = defaultdict(list)
    for pair in read_dataset(folder, HOMOGRAPHY_LAYOUTS):
        (image0, size0), (image1, size1) = (read_sized(path, size) for path in (pair.image0, pair.image1))
        features0, features1 = method.detector.detect(image0), method.detector.detect(image1)
        new_sizes = features0.image_size, features1.image_size
        homography = resize_homography(pair.homography, (size0, size1), new_sizes)
        found[pair.scene[:1]].append(match_errors(features0, features1, homography))
    return found


def track_errors(frames: list[Frame], method: Method, gap: int) -> list[Errors]:
    """Errors of the tracks that images `gap` apart share; both positions err, the later one by what flow added."""
    views = [size_frame(frame, None) for frame in frames]
    tracks = list(track_images([view.image for view in views], method, TrackerOptions()))
    errors = []
    for first in range(len(frames) - gap):
        before, after, view0, view1 = tracks[first], tracks[first + gap], views[first], views[first + gap]
        _, rows0, rows1 = np.intersect1d(before.id, after.id, return_indices=True)
        added = sigma_of(after)[rows1] ** 2 - sigma_of(before)[rows0] ** 2
        pose = relative_pose(view0.frame, view1.frame)
        assert view0.frame.depth is not None
        assert view0.camera is not None
        assert view1.camera is not None
        assert pose is not None
        depth = depth_at(view0.frame.depth(), before.xy[rows0])
        error = after.xy[rows1] - reproject(before.xy[rows0], depth, view0.camera, view1.camera, pose)
        known = np.isfinite(error).all(axis=1) & (added > 0)
        errors.append((error[known], np.repeat(added[known, None], 2, axis=1)))
    return errors


def print_row(name: str, parts: list[Errors], inlier: float) -> None:
    error, variance = (np.concatenate(column) for column in zip(*parts, strict=True))
    kept = np.linalg.norm(error, axis=1) <= inlier
    normalized = np.mean(error[kept] ** 2 / variance[kept])
    root = np.sqrt(np.mean(error[kept] ** 2))
    print(f"| {name} | {kept.sum()} | {100 * (1 - kept.mean()):.1f} | {root:.2f} | {normalized:.2f} |", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=Path, help="pairs with homographies, see docs/evaluation.md")
    parser.add_argument("--size", type=int, default=640, help="longer side of their images")
    parser.add_argument("--frames", type=int, default=30, help="images of the rendered room")
    parser.add_argument("--room", type=int, default=4, help="its seed")
    parser.add_argument("--inlier", type=float, default=3.0, help="largest error of what counts, pixels")
    parser.add_argument("--model", default="superpoint", help="bundled model that finds the keypoints of the pairs")
    options = parser.parse_args()
    detector, flow = make_methods([options.model, "superpoint+flow"], DetectorOptions(max_keypoints=500))
    print("| errors of | number | left out % | rms px | variance of normalized errors |\n|---|---|---|---|---|")
    if options.pairs:
        for kind, parts in sorted(keypoint_errors(options.pairs, detector, options.size).items()):
            print_row(f"keypoints, real pairs {kind}_", parts, options.inlier)
    frames = rendered_frames(options.room, options.frames)
    for gap in (1, 5, 10):
        print_row(f"flow, rendered, {gap} images on", track_errors(frames, flow, gap), options.inlier)
    return 0


if __name__ == "__main__":
    sys.exit(main())

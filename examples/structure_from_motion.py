"""Structure from motion: features and matches of this package, mapped by COLMAP, judged by true poses where known.

python examples/structure_from_motion.py --data DATA --output output/sfm [options of `superpoint-ros export`]
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pycolmap

from superpoint_ros.cli.main import main as superpoint_ros
from superpoint_ros.core.geometry import inverse_pose
from superpoint_ros.evaluation.datasets.catalog import FRAME_LAYOUTS, read_dataset
from superpoint_ros.evaluation.datasets.frames import Frame
from superpoint_ros.evaluation.odometry.trajectory import align, known_rows, stack_poses, trajectory_errors


@dataclass(frozen=True)
class Model:
    """Hold what COLMAP made of a sequence.

    Attributes:
        poses: T_world_camera (4, 4) of the registered images, by their file names; scale and frame are arbitrary.
        points: Number of points.
        track_length: Mean number of images that see a point.
        reprojection_error: Mean error of the observations, pixels.
    """

    poses: dict[str, np.ndarray]
    points: int
    track_length: float
    reprojection_error: float


def map_images(database: Path, images: Path, output: Path, *, refine_camera: bool, seed: int = 0) -> Model:
    """Run COLMAP's incremental mapper; its largest model is written to a folder of `output`.

    Raises:
        RuntimeError: The mapper found no two images to begin with.
    """
    pycolmap.set_random_seed(seed)
    options = pycolmap.IncrementalPipelineOptions(random_seed=seed, min_model_size=3, extract_colors=False)
    options.ba_refine_focal_length = options.ba_refine_extra_params = refine_camera
    # Also short ways, and a camera on a vehicle that looks where it goes
    options.mapper.init_min_tri_angle, options.mapper.init_max_forward_motion = 4.0, 1.0
    output.mkdir(parents=True, exist_ok=True)
    models = pycolmap.incremental_mapping(database, images, output, options)
    if not models:
        raise RuntimeError(f"COLMAP finds no pair of images in {database} to begin a model with")
    model = max(models.values(), key=lambda one: one.num_reg_images())
    poses = {image.name: _matrix(image.cam_from_world()) for image in model.images.values() if image.has_pose}
    return Model(
        {name: inverse_pose(pose) for name, pose in sorted(poses.items())},
        model.num_points3D(),
        model.compute_mean_track_length(),
        model.compute_mean_reprojection_error(),
    )


def _matrix(pose: pycolmap.Rigid3d) -> np.ndarray:
    return np.vstack([pose.matrix(), [0.0, 0.0, 0.0, 1.0]])


def pose_errors(model: Model, frames: list[Frame]) -> dict[str, float]:
    """Compute the errors of the poses, aligned with the truth by a similarity; {} where there is no truth."""
    estimated = stack_poses(None if frame.file is None else model.poses.get(frame.file.name) for frame in frames)
    truth = stack_poses(frame.pose for frame in frames)
    if len(known_rows(estimated, truth)) < 3:
        return {}
    return trajectory_errors(align(estimated, truth, scale=True), truth)


def main() -> None:
    """Export, map, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="data set, or folder of images")
    parser.add_argument("--output", type=Path, default=Path("output/sfm"))
    parser.add_argument("--seed", type=int, default=0, help="of COLMAP's draws; another may begin with another pair")
    arguments, export = parser.parse_known_args()
    words = ["export", "--data", str(arguments.data), "--output", str(arguments.output), "--format", "colmap", *export]
    if superpoint_ros(words):
        raise SystemExit(2)
    frames = read_dataset(arguments.data, FRAME_LAYOUTS)
    known = all(frame.camera is not None for frame in frames)
    (folder,) = {frame.file.parent for frame in frames if frame.file is not None}
    database, output = arguments.output / "database.db", arguments.output / "model"
    model = map_images(database, folder, output, refine_camera=not known, seed=arguments.seed)
    print(f"  registered images      {len(model.poses)}")
    print(f"  points                 {model.points}, each seen in {model.track_length:.1f} images")
    print(f"  reprojection error     {model.reprojection_error:.3f} px")
    for name, error in pose_errors(model, frames).items():
        print(f"  {name:<23}{error:.4f}")


if __name__ == "__main__":
    main()

"""Fusion of dense depth: a mesh of a rendered room from depth that D3 made dense, beside that of classical fills.

python examples/fuse_depth.py --output output/fusion [--images 20] [--keypoints 300]

The true depth is sampled at SuperPoint's keypoints, made dense by each method, and fused at the true poses by Open3D.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import open3d as o3d

from superpoint_ros import Camera, DecodeOptions, Densifier, DensifierOptions, Extractor
from superpoint_ros.cli.sequences import rendered_frames
from superpoint_ros.core.geometry import inverse_pose, lift, transform
from superpoint_ros.core.sampling_patterns import sample_at
from superpoint_ros.evaluation.datasets.frames import Frame
from superpoint_ros.evaluation.depth.baselines import FILLS
from superpoint_ros.evaluation.report.drawing import write_image

IMAGE_SIZE, STRIDE = (240, 320), 3  # of the rendered images, (height, width), and of their frames at 20 Hz
VOXEL, TRUNCATION, MAX_DEPTH = 0.02, 0.08, 8.0  # meters
BLOCK_SIDE, BLOCKS = 16, 20_000  # voxels along a block's side, and room for so many blocks
NEAR = 0.05  # meters, within which a surface is right
CONFIDENCE = 0.8  # below which a depth is left out of "d3-confident"

Densify = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Score:
    """Hold how near a mesh and the true surfaces are.

    Attributes:
        mean_distance: Mean distance of the mesh's vertices from the true surfaces, meters.
        accuracy: Share of the vertices within NEAR of the true surfaces.
        completeness: Share of the true surfaces within NEAR of a vertex.
    """

    mean_distance: float
    accuracy: float
    completeness: float


def methods() -> dict[str, Densify]:
    """Make what turns an image and its sparse depth into dense depth, by name; NaN or 0 where it says nothing."""
    trusting = Densifier()
    doubting = Densifier(options=DensifierOptions(min_confidence=CONFIDENCE))
    return {
        "nearest": FILLS["nearest"],
        "linear": FILLS["linear"],
        "d3": lambda image, sparse: trusting.densify(image, sparse).depth,
        "d3-confident": lambda image, sparse: doubting.densify(image, sparse).depth,
    }


def camera_of(frame: Frame) -> Camera:
    """Return the camera of a rendered frame."""
    assert frame.camera is not None
    return frame.camera


def pose_of(frame: Frame) -> np.ndarray:
    """Return T_world_camera of a rendered frame."""
    assert frame.pose is not None
    return frame.pose


def depth_of(frame: Frame) -> np.ndarray:
    """Return the true depth of a rendered frame (H, W), meters."""
    assert frame.depth is not None
    return frame.depth()


def fuse(frames: Sequence[Frame], depths: Sequence[np.ndarray]) -> o3d.t.geometry.TriangleMesh:
    """Fuse depth images (H, W) in meters into a mesh, by a truncated signed distance function of 2 cm voxels."""
    grid = o3d.t.geometry.VoxelBlockGrid(
        ("tsdf", "weight", "color"), (o3d.core.float32,) * 3, (1, 1, 3), VOXEL, BLOCK_SIDE, BLOCKS
    )
    limits = {"depth_scale": 1.0, "depth_max": MAX_DEPTH, "trunc_voxel_multiplier": TRUNCATION / VOXEL}
    for frame, depth in zip(frames, depths, strict=True):
        measured = o3d.t.geometry.Image(np.nan_to_num(depth).astype(np.float32))
        color = o3d.t.geometry.Image(np.ascontiguousarray(frame.image()[..., ::-1]).astype(np.float32) / 255)
        K, T_camera_world = (o3d.core.Tensor(one) for one in (camera_of(frame).K, inverse_pose(pose_of(frame))))
        blocks = grid.compute_unique_block_coordinates(measured, K, T_camera_world, **limits)
        grid.integrate(blocks, measured, color, K, K, T_camera_world, **limits)
    mesh = grid.extract_triangle_mesh(weight_threshold=0.5)
    mesh.vertex.colors = mesh.vertex.colors.clip(0.0, 1.0)
    return mesh


def true_points(frames: Sequence[Frame]) -> np.ndarray:
    """Lift every pixel of the true depth images to points of the world (N, 3)."""
    found = []
    for frame in frames:
        depth = depth_of(frame)
        row, column = np.indices(depth.shape)
        points = lift(np.column_stack([column.ravel(), row.ravel()]), depth.ravel(), camera_of(frame).K)
        found.append(transform(points, pose_of(frame)))
    return np.concatenate(found)


def score(mesh: o3d.t.geometry.TriangleMesh, truth: np.ndarray) -> Score:
    """Compare a mesh with points of the true surfaces (N, 3)."""
    surface = o3d.geometry.PointCloud(o3d.utility.Vector3dVector(truth)).voxel_down_sample(VOXEL / 2)
    vertices = o3d.geometry.PointCloud(mesh.to_legacy().vertices)
    to_truth = np.asarray(vertices.compute_point_cloud_distance(surface))
    to_mesh = np.asarray(surface.compute_point_cloud_distance(vertices))
    return Score(float(to_truth.mean()), float((to_truth < NEAR).mean()), float((to_mesh < NEAR).mean()))


def draw(mesh: o3d.t.geometry.TriangleMesh, camera: Camera, pose: np.ndarray) -> np.ndarray:
    """Draw a mesh as a camera at T_world_camera sees it: its colors and, below, its shape lit from the camera.

    Returns:
        uint8 (2 H, W, 3) BGR; white where there is no mesh.
    """
    scene = o3d.t.geometry.RaycastingScene()
    scene.add_triangles(mesh)
    rays = scene.create_rays_pinhole(camera.K, inverse_pose(pose), *camera.image_size[::-1])
    found = {name: tensor.numpy() for name, tensor in scene.cast_rays(rays).items()}
    hit = np.isfinite(found["t_hit"])
    directions = rays.numpy()[..., 3:]
    directions /= np.linalg.norm(directions, axis=-1, keepdims=True)
    corners = mesh.triangle.indices.numpy()[found["primitive_ids"][hit]]
    color, shape = np.ones((2, *camera.image_size, 3))
    color[hit] = mesh.vertex.colors.numpy()[corners].mean(axis=1)
    shape[hit] = 0.1 + 0.8 * np.abs(np.sum(found["primitive_normals"] * directions, axis=-1))[hit, None]
    picture: np.ndarray = (255 * np.vstack([color, shape])[..., ::-1]).round().astype(np.uint8)
    return picture


def main() -> None:
    """Fuse with every method; print the distances, and write meshes and a picture of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path("output/fusion"))
    parser.add_argument("--images", type=int, default=20)
    parser.add_argument("--keypoints", type=int, default=300)
    parser.add_argument("--room", type=int, default=4, help="seed of the room")
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    frames = rendered_frames(arguments.room, STRIDE * arguments.images, IMAGE_SIZE)[::STRIDE]
    extractor = Extractor(options=DecodeOptions(max_keypoints=arguments.keypoints))
    samples = [sample_at(depth_of(frame), extractor.extract(frame.image()).xy) for frame in frames]
    truth, middle, pictures = true_points(frames), frames[len(frames) // 2], []
    for name, densify in {"truth": None, **methods()}.items():
        if densify is None:
            depths = [depth_of(frame) for frame in frames]
        else:
            depths = [densify(frame.image(), sparse) for frame, sparse in zip(frames, samples, strict=True)]
        mesh = fuse(frames, depths)
        o3d.t.io.write_triangle_mesh(str(arguments.output / f"{name}.ply"), mesh)
        result = score(mesh, truth)
        print(
            f"  {name:<12} {100 * result.mean_distance:6.2f} cm, {100 * result.accuracy:5.1f} % of it right, "
            f"{100 * result.completeness:5.1f} % of the room covered"
        )
        picture = draw(mesh, camera_of(middle), pose_of(middle))
        pictures.append(cv2.putText(picture, name, (6, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (0, 0, 0), 1, cv2.LINE_AA))
    write_image(arguments.output / "meshes.png", np.hstack(pictures))


if __name__ == "__main__":
    main()

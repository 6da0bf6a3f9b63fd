"""Rendered rooms and streets on disk, as folders that any reader of RGB-D data can read."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import as_completed
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import torch
from tqdm import tqdm

from superpoint_ros.core.errors import DatasetError
from superpoint_ros.core.image_files import list_image_files
from superpoint_ros.core.processes import process_pool
from superpoint_ros.scenes.clutter import random_clutter
from superpoint_ros.scenes.photographs import with_photographs
from superpoint_ros.scenes.room import Room, random_room
from superpoint_ros.scenes.street import Street, random_street
from superpoint_ros.scenes.viewpoints import random_views
from superpoint_ros.training.depth.config import RenderConfig

DEPTH_SCALE = 500.0  # 2 mm; depth up to 131 m
SCENES: tuple[Callable[[np.random.Generator], Room | Street], ...] = (
    random_clutter,
    random_clutter,
    random_street,
    random_room,
)

logger = logging.getLogger(__name__)


def render_scenes(folder: Path, config: RenderConfig) -> None:
    """Render the scenes that are not there yet, one folder each; scene i depends on (seed, i) alone.

    Each folder has rgb/*.png, depth/*.png (16 bits) and meta.json, and appears once it is complete.

    Raises:
        DatasetError: The folder of photographs has none.
        ImageError: A photograph cannot be read.
    """
    photographs = list_image_files(Path(config.photographs), recursive=True) if config.photographs else []
    if config.photographs and not photographs:
        raise DatasetError(f"render.photographs: '{config.photographs}' has no images")
    missing = [index for index in range(config.num_scenes) if not _scene_folder(folder, index).exists()]
    if not missing:
        return
    logger.info("rendering %d scenes of %d views to %s", len(missing), config.views, folder)
    with process_pool(config.processes) as pool:
        jobs = [pool.submit(_render_scene, folder, index, config, photographs) for index in missing]
        for job in tqdm(as_completed(jobs), total=len(jobs), desc="rendering", unit="scene"):
            job.result()


def _scene_folder(folder: Path, index: int) -> Path:
    return folder / f"scene_{index:05d}"


def _render_scene(folder: Path, index: int, config: RenderConfig, photographs: Sequence[Path]) -> None:
    torch.set_num_threads(1)
    rng = np.random.default_rng([config.seed, index])
    scene = SCENES[index % len(SCENES)](rng)
    if photographs:
        own = np.random.default_rng([config.seed, index, 1])  # so that the views stay what they are
        photographed = with_photographs(scene.scene, photographs, config.photograph_share, own)
        scene = replace(scene, scene=photographed)
    partial = folder / f"partial_{index:05d}"
    for name in ("rgb", "depth"):
        (partial / name).mkdir(parents=True, exist_ok=True)
    views = random_views(rng, scene, config.size, config.views, config.device)
    for view, (_, rendering) in enumerate(views):
        depth = np.clip(np.round(rendering.depth * DEPTH_SCALE), 1, 65535).astype(np.uint16)
        cv2.imwrite(str(partial / "rgb" / f"{view:04d}.png"), cv2.cvtColor(rendering.rgb, cv2.COLOR_RGB2BGR))
        cv2.imwrite(str(partial / "depth" / f"{view:04d}.png"), depth)
    (partial / "meta.json").write_text(json.dumps({"depth_scale": DEPTH_SCALE}))
    partial.rename(_scene_folder(folder, index))

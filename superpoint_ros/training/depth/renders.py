"""Rendered rooms and streets on disk, as folders that any reader of RGB-D data can read."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
import torch
from tqdm import tqdm

from superpoint_ros.scenes.clutter import random_clutter
from superpoint_ros.scenes.room import Room, random_room
from superpoint_ros.scenes.street import Street, random_street
from superpoint_ros.scenes.viewpoints import random_views

DEPTH_SCALE = 500.0  # 2 mm; the farthest is 131 m
PLACES: tuple[Callable[[np.random.Generator], Room | Street], ...] = (
    random_clutter,
    random_clutter,
    random_street,
    random_room,
)

logger = logging.getLogger(__name__)


def render_places(
    folder: Path, places: int, views: int, image_size: tuple[int, int], seed: int, processes: int, device: str = "cpu"
) -> None:
    """Render what is not there yet of `places` folders of `views` images each; place i depends on (seed, i) alone.

    Each folder has rgb/*.png, depth/*.png (16 bits) and meta.json, and appears once it is complete.
    """
    missing = [index for index in range(places) if not _place_folder(folder, index).exists()]
    if not missing:
        return
    logger.info("rendering %d places of %d views to %s", len(missing), views, folder)
    with ProcessPoolExecutor(max(1, processes), get_context("spawn")) as pool:
        jobs = [pool.submit(_render_place, folder, index, views, image_size, seed, device) for index in missing]
        for job in tqdm(as_completed(jobs), total=len(jobs), desc="rendering", unit="place"):
            job.result()


def _place_folder(folder: Path, index: int) -> Path:
    return folder / f"place_{index:05d}"


def _render_place(folder: Path, index: int, views: int, image_size: tuple[int, int], seed: int, device: str) -> None:
    torch.set_num_threads(1)
    generator = np.random.default_rng([seed, index])
    place = PLACES[index % len(PLACES)](generator)
    partial = folder / f"partial_{index:05d}"
    for name in ("rgb", "depth"):
        (partial / name).mkdir(parents=True, exist_ok=True)
    for view, (_, rendering) in enumerate(random_views(generator, place, image_size, views, device)):
        depth = np.clip(np.round(rendering.depth * DEPTH_SCALE), 1, 65535).astype(np.uint16)
        cv2.imwrite(str(partial / "rgb" / f"{view:04d}.png"), cv2.cvtColor(rendering.rgb, cv2.COLOR_RGB2BGR))
        cv2.imwrite(str(partial / "depth" / f"{view:04d}.png"), depth)
    (partial / "meta.json").write_text(json.dumps({"depth_scale": DEPTH_SCALE}))
    partial.rename(_place_folder(folder, index))

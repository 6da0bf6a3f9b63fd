"""The densifier's training data: windows, faults, logarithms, and the same batch whenever asked."""

from __future__ import annotations

import json
import math

import cv2
import numpy as np
import pytest
import torch

from superpoint_ros.core.depth_hints import MAX_SAMPLE_DISTANCE
from superpoint_ros.core.errors import DatasetError, ParameterError
from superpoint_ros.evaluation.datasets.frames import Frame
from superpoint_ros.scenes.photometric_ranges import PhotometricRanges
from superpoint_ros.training.config import ConfigError, load_config
from superpoint_ros.training.depth.config import DepthConfig, RenderConfig
from superpoint_ros.training.depth.data import (
    DepthBatches,
    corrupt_samples,
    random_crop,
    random_samples,
    read_frame,
    to_example,
    with_noise,
)
from superpoint_ros.training.depth.train import find_frames

CONFIG = DepthConfig(size=(32, 64), batch=3)


def frame(seed: int, size: tuple[int, int] = (60, 90)) -> Frame:
    rng = np.random.default_rng(seed)
    image, depth = rng.integers(0, 256, (*size, 3), dtype=np.uint8), rng.uniform(1.0, 9.0, size).astype(np.float32)
    depth[:5] = 0.0
    return Frame(str(seed), 0.0, lambda: image, depth=lambda: depth)


def test_frames_are_read_as_rgb_and_depth_at_one_size():
    image, depth = np.zeros((4, 6, 3), np.uint8), np.arange(6, dtype=np.float32).reshape(2, 3)
    image[..., 0] = 200
    rgb, enlarged = read_frame(Frame("", 0.0, lambda: image, depth=lambda: depth))
    assert (rgb[..., 2] == 200).all()
    np.testing.assert_array_equal(enlarged, np.kron(depth, np.ones((2, 2), np.float32)))
    gray, _ = read_frame(Frame("", 0.0, lambda: image[..., 0], depth=lambda: depth))
    assert gray.shape == (4, 6, 3)


def test_windows_have_the_size_and_keep_image_and_depth_together():
    y, x = np.mgrid[:80, :100].astype(np.float32)
    rgb = np.dstack([x, y, x]).astype(np.uint8)
    for seed in range(20):
        window, depth = random_crop(rgb, x + 1, (32, 64), 0.5, np.random.default_rng(seed))
        assert window.shape == (32, 64, 3)
        assert depth.shape == (32, 64)
        assert np.abs(window[..., 0] - (depth - 1)).max() <= 2


def test_image_and_depth_of_windows_are_not_shifted_against_each_other():
    """Nearest neighbors have to be those of pixel centers, as the image's are."""
    y = np.mgrid[:80, :100][0].astype(np.float32)
    rgb = np.dstack([y, y, y]).astype(np.uint8)
    windows = [random_crop(rgb, y, (32, 64), 0.5, np.random.default_rng(seed)) for seed in range(100)]
    assert abs(np.mean([depth - window[..., 0] for window, depth in windows])) < 0.1


def test_faults_are_within_their_bounds_and_sometimes_absent():
    sparse = np.full((40, 50), 3.0, np.float32)
    config = DepthConfig(noise=0.01, outliers=0.1, corruption_prob=0.5)
    marred = [corrupt_samples(sparse, config, np.random.default_rng(seed)) for seed in range(40)]
    untouched = [np.array_equal(result, sparse) for result in marred]
    assert 8 < sum(untouched) < 32
    ratios = np.log(np.concatenate([m.ravel() for m, same in zip(marred, untouched, strict=True) if not same]) / 3.0)
    assert np.abs(ratios).max() <= math.log(2.0) + 1e-6
    assert 0.01 < np.mean(np.abs(ratios) > 0.06) < 0.1


def test_noise_changes_the_image_the_same_way_every_time():
    rgb, _ = read_frame(frame(0))
    noisy, again = (with_noise(rgb, PhotometricRanges(), np.random.default_rng(1)) for _ in range(2))
    np.testing.assert_array_equal(noisy, again)
    assert noisy.shape == rgb.shape
    assert not np.array_equal(noisy, rgb)


def test_samples_are_of_depths_within_reach_and_there_is_always_one():
    rgb, depth = read_frame(frame(0))
    depth = depth.copy()
    depth[:, 45:] = 200.0
    config = DepthConfig(corruption_prob=0.0, density_range=(1e-4, 1e-2))
    for seed in range(30):
        sparse = random_samples(rgb, depth, config, np.random.default_rng(seed))
        taken = np.isfinite(sparse)
        assert taken.any()
        assert (sparse[taken] < config.max_depth).all()


def test_an_example_by_hand():
    rgb = np.zeros((1, 4, 3), np.uint8)
    depth = np.array([[2.0, 4.0, 0.0, 90.0]], np.float32)
    sparse = np.array([[2.0, np.nan, np.nan, np.nan]], np.float32)
    example = to_example(rgb, depth, sparse, max_depth=80.0)
    torch.testing.assert_close(example["log_truth"][0, 0, :2], torch.tensor([0.0, math.log(2.0)]))
    assert torch.isnan(example["log_truth"][0, 0, 2])
    assert torch.isinf(example["log_truth"][0, 0, 3])
    assert (example["hints"][:3] == 0).all()
    assert example["hints"][3].flatten().tolist() == [0.0, 1.0, 2.0, 3.0]
    assert example["rgb"].shape == (3, 1, 4)


def test_without_samples_the_truth_is_relative_to_the_mean_of_what_is_within_reach():
    depth = np.array([[2.0, 8.0, 0.0, 90.0]], np.float32)
    example = to_example(np.zeros((1, 4, 3), np.uint8), depth, np.full_like(depth, np.nan), max_depth=80.0)
    torch.testing.assert_close(example["log_truth"][0, 0, :2], torch.tensor([-math.log(2.0), math.log(2.0)]))
    assert (example["hints"][:3] == 0).all()


def test_a_fraction_of_the_images_has_no_samples():
    config = DepthConfig(size=(32, 64), batch=40, empty_prob=0.5)
    batch = DepthBatches(config, [frame(0)], rank=0)[0]
    bare = (batch["hints"][:, 3] == MAX_SAMPLE_DISTANCE).flatten(1).all(dim=1)
    assert 8 < int(bare.sum()) < 32


def test_batch_number_i_is_always_the_same():
    batches = DepthBatches(CONFIG, [frame(seed) for seed in range(4)], rank=0)
    first, again, other = batches[5], batches[5], batches[6]
    assert first["rgb"].shape == (3, 3, 32, 64)
    assert first["log_truth"].shape == (3, 1, 32, 64)
    for name in first:
        torch.testing.assert_close(first[name], again[name], equal_nan=True)
    assert not torch.equal(first["rgb"], other["rgb"])
    assert torch.isfinite(first["hints"]).all()


def write_place(folder, views: int) -> None:
    for name in ("rgb", "depth"):
        (folder / name).mkdir(parents=True)
    for view in range(views):
        cv2.imwrite(str(folder / "rgb" / f"{view}.png"), np.zeros((8, 8, 3), np.uint8))
        cv2.imwrite(str(folder / "depth" / f"{view}.png"), np.full((8, 8), 500, np.uint16))
    (folder / "meta.json").write_text(json.dumps({"depth_scale": 500}))


def test_frames_are_found_in_data_sets_and_in_folders_of_rendered_scenes(tmp_path):
    for index in range(3):
        write_place(tmp_path / "renders" / f"scene_{index:05d}", 2)
    write_place(tmp_path / "mine", 1)
    frames = find_frames([tmp_path / "renders", tmp_path / "mine"])
    assert len(frames) == 7
    assert (frames[0].depth() == 1.0).all()


def test_data_without_depth_is_refused(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((8, 8), np.uint8))
    with pytest.raises(DatasetError, match="no depth images in"):
        find_frames([tmp_path])


@pytest.mark.parametrize(
    "change",
    [
        "size=[30, 64]",
        "density_range=[0.1, 0.01]",
        "balance=none",
        "corruption_prob=2.0",
        "empty_prob=1.0",
        "render.num_scenes=1",
    ],
)
def test_a_configuration_out_of_range_is_refused(change):
    with pytest.raises(ConfigError):
        load_config(DepthConfig, None, [change])


def test_renders_must_be_large_enough_for_the_network():
    with pytest.raises(ParameterError, match="size"):
        RenderConfig(size=(16, 64))

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from superpoint_ros.core.errors import DatasetError
from superpoint_ros.core.geometry import inside_image, warp_points
from superpoint_ros.scenes.homography_sampling import HomographyRanges
from superpoint_ros.training.config import LoopConfig
from superpoint_ros.training.labels import NO_CORNER
from superpoint_ros.training.superpoint.adaptation import ImageLabels, label_path, save_labels
from superpoint_ros.training.superpoint.config import SuperPointConfig
from superpoint_ros.training.superpoint.pairs import PairBatches, common_points, dither, labeled_images, make_views

CONFIG = SuperPointConfig(
    canvas=(96, 128),
    size=(64, 80),
    batch=3,
    num_correspondences=40,
    label_threshold=0.1,
    min_labels=0,
    loop=LoopConfig(steps=5),
)

STILL = HomographyRanges(1.0, 0.0, 0.0, 0.0, 0.0)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    images, labels = tmp_path / "images", tmp_path / "labels"
    images.mkdir()
    for number in range(3):
        rng = np.random.default_rng(number)
        corners = rng.integers(15, 110, (30, 2))
        image = np.full((120, 140), 100, np.uint8)
        for x, y in corners:
            cv2.circle(image, (int(x), int(y)), 2, 255, -1)
        cv2.imwrite(str(images / f"{number}.png"), image)
        score = np.where(np.arange(30) < 25, 0.5, 0.01).astype(np.float32)
        save_labels(
            label_path(labels, Path(f"{number}.png")), ImageLabels(corners.astype(np.float32), score, (120, 140))
        )
    return images, labels


def batches(folders: tuple[Path, Path], rank: int = 0) -> PairBatches:
    return PairBatches(CONFIG, *folders, labeled_images(*folders), rank)


def test_shapes(folders):
    batch = batches(folders)[0]
    shapes = {key: (tuple(value.shape), value.dtype) for key, value in batch.items()}
    assert shapes == {
        "canvas": ((3, 1, 96, 128), torch.uint8),
        "homographies": ((3, 2, 3, 3), torch.float64),
        "labels": ((3, 2, 8, 10), torch.int64),
        "correspondences": ((3, 40, 4), torch.float32),
        "filled": ((3, 40), torch.bool),
    }


def test_points_are_the_same_in_both_views(folders):
    batch = batches(folders)[1]
    columns = (batch[key] for key in ("homographies", "correspondences", "filled"))
    for homographies, points, filled in zip(*columns, strict=True):
        first, second = homographies.numpy()
        between = second @ np.linalg.inv(first)
        found = points[filled].numpy()
        assert len(found)
        np.testing.assert_allclose(warp_points(found[:, :2], between), found[:, 2:], atol=1e-3)
        assert inside_image(found[:, :2], CONFIG.size).all()
        assert inside_image(found[:, 2:], CONFIG.size).all()


def test_labels_lie_on_the_dots_of_the_views(folders):
    bright = []
    for step in range(4):
        batch = batches(folders)[step]
        views, valid = make_views(batch, CONFIG.size)
        labels = batch["labels"].transpose(0, 1).flatten(0, 1).masked_fill(~valid, NO_CORNER)
        for view, cells in zip(views, labels, strict=True):
            for row, column in torch.nonzero(cells != NO_CORNER).tolist():
                dy, dx = divmod(int(cells[row, column]), 8)
                bright.append(view[0, row * 8 + dy, column * 8 + dx].item())
    assert len(bright) > 50
    assert np.mean(np.array(bright) > 0.6) > 0.9


def test_weak_labels_are_left_out(folders):
    images, labels = folders
    weak = ImageLabels(np.array([[60.0, 60.0]], np.float32), np.array([0.05], np.float32), (120, 140))
    save_labels(label_path(labels, Path("0.png")), weak)
    sample = PairBatches(CONFIG, images, labels, [Path("0.png")], 0).pair(Path("0.png"), np.random.default_rng(0))
    assert np.all(sample["labels"] == NO_CORNER)


def test_so_many_labels_are_used_however_weak(folders):
    images, labels = folders
    weak = ImageLabels(
        np.array([[60.0, 60.0], [60.0, 40.0]], np.float32), np.array([0.05, 0.02], np.float32), (120, 140)
    )
    save_labels(label_path(labels, Path("0.png")), weak)
    config = replace(CONFIG, min_labels=1, first_view=STILL, second_view=STILL)
    sample = PairBatches(config, images, labels, [], 0).pair(Path("0.png"), np.random.default_rng(0))
    assert np.sum(sample["labels"] != NO_CORNER) == 2  # one in each view


def test_a_step_of_a_rank_is_always_the_same_batch(folders):
    first, again, later, other = (batches(folders, rank)[step] for rank, step in ((0, 2), (0, 2), (0, 3), (1, 2)))
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert not torch.equal(first["homographies"], later["homographies"])
    assert not torch.equal(first["homographies"], other["homographies"])


def test_dithered_points_are_right_on_average():
    xy = np.array([[3.25, 7.0], [4.5, 1.9]])
    rng = np.random.default_rng(0)
    rounded = np.floor(np.array([dither(xy, rng) for _ in range(4000)]) + 0.5)
    np.testing.assert_allclose(rounded.mean(axis=0), xy, atol=0.03)
    assert np.abs(rounded - xy).max() < 1.0


def test_views_without_common_points():
    apart = np.array([[1, 0, 500.0], [0, 1, 0], [0, 0, 1]])
    points, filled = common_points(np.random.default_rng(0), np.zeros((0, 2)), apart, (64, 80), 7)
    assert points.shape == (7, 4)
    assert not filled.any()


def test_images_without_labels_are_left_out(folders):
    images, labels = folders
    label_path(labels, Path("1.png")).unlink()
    assert labeled_images(images, labels) == [Path("0.png"), Path("2.png")]
    with pytest.raises(DatasetError, match="superpoint-ros label"):
        labeled_images(images, labels / "nowhere")


def test_labels_of_another_image_are_refused(folders):
    images, labels = folders
    cv2.imwrite(str(images / "0.png"), np.zeros((50, 60), np.uint8))
    with pytest.raises(DatasetError, match=r"0\.png"):
        PairBatches(CONFIG, images, labels, [Path("0.png")], 0)[0]

import cv2
import numpy as np
import pytest
import torch

from superpoint_ros.core.decode_options import CELL_SIZE
from superpoint_ros.core.errors import DatasetError
from superpoint_ros.networks.superpoint import SuperPoint
from superpoint_ros.scenes.homography_sampling import HomographyRanges
from superpoint_ros.training.superpoint.adaptation import (
    HomographicAdaptation,
    ImageLabels,
    label_folder,
    label_path,
    load_labels,
    save_labels,
    spread,
    take_nearest,
)
from superpoint_ros.training.superpoint.config import AdaptationConfig

CPU = torch.device("cpu")
DOTS = np.array([[20, 16], [44, 28], [30, 50], [60, 45]])


class BrightPixels(SuperPoint):
    """A detector of white pixels: the logit of each pixel is its brightness."""

    def encode(self, image: torch.Tensor) -> torch.Tensor:
        return image

    def detect(self, encoded: torch.Tensor) -> torch.Tensor:
        cells = torch.nn.functional.pixel_unshuffle(encoded.float(), CELL_SIZE)
        return torch.cat([20.0 * cells, torch.full_like(cells[:, :1], 8.0)], dim=1)


def dotted_image() -> np.ndarray:
    image = np.zeros((64, 80), np.uint8)
    for x, y in DOTS:
        image[y - 1 : y + 2, x - 1 : x + 2] = 120
        image[y, x] = 255
    return image


def adaptation(**changes: object) -> HomographicAdaptation:
    settings = {"homographies": 12, "batch": 5, "erosion": 1, "threshold": 0.1, "precision": "32-true"}
    return HomographicAdaptation(BrightPixels(), AdaptationConfig(**(settings | changes)), CPU)


def test_spread_by_hand():
    scores = torch.zeros(1, 9, 9)
    scores[0, 4, 4] = 0.5
    blurred = spread(scores)[0]
    assert blurred[4, 4].item() == pytest.approx(0.5)
    assert blurred[4, 5].item() == pytest.approx(0.5 * np.exp(-0.5 / 0.64), rel=1e-5)
    assert blurred[4, 7].item() == 0.0
    assert spread(torch.ones(1, 9, 9)).max().item() == 1.0


def test_one_homography_is_the_identity():
    image = torch.from_numpy(dotted_image()).float() / 255
    scores = adaptation().aggregate(image, np.random.default_rng(0), 1)
    answer = adaptation()._answers(image, torch.eye(3, dtype=torch.float64)[None])[0][0]
    torch.testing.assert_close(scores, answer)


def test_labels_are_where_the_dots_are():
    labels = adaptation().label(dotted_image(), np.random.default_rng(1))
    assert labels.image_size == (64, 80)
    distance = np.linalg.norm(labels.xy[:, None] - DOTS, axis=2)
    assert len(labels.xy) >= len(DOTS)
    assert distance.min(axis=0).max() < 0.35
    assert np.all(np.diff(labels.score) <= 0)


def test_labels_of_a_shrunk_image_are_in_its_own_pixels():
    large = cv2.resize(dotted_image(), (160, 128), interpolation=cv2.INTER_LINEAR)
    labels = adaptation(area=64 * 80).label(large, np.random.default_rng(1))
    distance = np.linalg.norm(labels.xy[:, None] - ((DOTS + 0.5) * 2 - 0.5), axis=2)
    assert distance.min(axis=0).max() < 0.7


def test_points_take_the_nearest_position_within_reach():
    points, others = np.array([[10.0, 10.0], [30.0, 10.0]]), np.array([[10.5, 10.0], [11.2, 10.0], [32.0, 10.0]])
    np.testing.assert_array_equal(take_nearest(points, others, 1.5), [[10.5, 10.0], [30.0, 10.0]])
    np.testing.assert_array_equal(take_nearest(points, np.zeros((0, 2)), 1.5), points)


def test_positions_of_a_shrunk_image_are_measured_in_the_enlarged_one():
    """Dots between the pixels of the working size: the enlarged image shows them where they are."""
    image, dots = np.zeros((128, 160), np.uint8), DOTS * 2 + 2
    for x, y in dots:
        image[y - 1 : y + 2, x - 1 : x + 2] = 120
        image[y, x] = 255
    errors = []
    for scale in (1.0, 2.0):
        labeller = adaptation(area=64 * 80, position_scale=scale, position_homographies=1, threshold=0.01)
        labels = labeller.label(image, np.random.default_rng(1))
        errors.append(np.linalg.norm(labels.xy[:, None] - dots, axis=2).min(axis=0).max())
    assert errors[1] < 0.2 < errors[0]


def test_what_few_warps_saw_is_not_weakened():
    image = torch.from_numpy(dotted_image()).float() / 255
    wide = HomographyRanges(0.5, 0.1, 0.2, 30.0, 0.3)
    scores = adaptation(ranges=wide).aggregate(image, np.random.default_rng(0), 30)
    for x, y in DOTS:
        assert scores[y - 1 : y + 2, x - 1 : x + 2].max() > 0.3


def test_the_same_generator_gives_the_same_labels():
    first, second = (adaptation().label(dotted_image(), np.random.default_rng(4)) for _ in range(2))
    np.testing.assert_array_equal(first.xy, second.xy)


def test_labels_survive_the_file(tmp_path):
    labels = ImageLabels(np.array([[1.5, 2.25]], np.float32), np.array([0.5], np.float32), (10, 20))
    path = label_path(tmp_path, tmp_path.relative_to(tmp_path) / "deep" / "image.png")
    save_labels(path, labels)
    read = load_labels(path)
    np.testing.assert_array_equal(read.xy, labels.xy)
    np.testing.assert_array_equal(read.score, labels.score)
    assert read.image_size == (10, 20)
    assert [found.name for found in path.parent.iterdir()] == ["image.png.npz"]


def test_a_file_without_labels_is_named(tmp_path):
    broken = tmp_path / "a.png.npz"
    broken.write_bytes(b"nothing")
    for path in (broken, tmp_path / "none.npz"):
        with pytest.raises(DatasetError, match=path.name):
            load_labels(path)


def write_images(folder, count):
    folder.mkdir()
    for number in range(count):
        cv2.imwrite(str(folder / f"{number}.png"), np.roll(dotted_image(), number, axis=1))


def test_a_folder_is_resumed_and_not_done_twice(tmp_path):
    write_images(tmp_path / "images", 3)
    assert label_folder(adaptation(), tmp_path / "images", tmp_path / "labels") == (3, [])
    kept = {path.name: path.read_bytes() for path in (tmp_path / "labels").iterdir()}
    (tmp_path / "labels" / "1.png.npz").unlink()
    assert label_folder(adaptation(), tmp_path / "images", tmp_path / "labels") == (1, [])
    assert {path.name: path.read_bytes() for path in (tmp_path / "labels").iterdir()} == kept


def test_processes_share_the_folder(tmp_path, monkeypatch):
    write_images(tmp_path / "images", 5)
    monkeypatch.setenv("WORLD_SIZE", "2")
    counts = []
    for rank in "01":
        monkeypatch.setenv("RANK", rank)
        counts.append(label_folder(adaptation(homographies=2), tmp_path / "images", tmp_path / "labels")[0])
    assert sorted(counts) == [2, 3]
    assert len(list((tmp_path / "labels").iterdir())) == 5


def test_a_damaged_image_is_left_out_and_named_and_the_others_are_labeled(tmp_path):
    write_images(tmp_path / "images", 3)
    (tmp_path / "images" / "torn.png").write_bytes((tmp_path / "images" / "1.png").read_bytes()[:40])
    (tmp_path / "images" / "._1.png").write_bytes(b"what another system leaves beside a file")
    labeled, problems = label_folder(adaptation(homographies=2), tmp_path / "images", tmp_path / "labels")
    assert labeled == 3
    assert [("torn.png" in problem, "cannot be decoded" in problem) for problem in problems] == [(True, True)]


def test_an_empty_folder_is_named(tmp_path):
    with pytest.raises(DatasetError, match=tmp_path.name):
        label_folder(adaptation(), tmp_path, tmp_path / "labels")


@pytest.mark.parametrize("keep", [0, 10, 200, 300])
def test_a_truncated_label_file_is_named_with_the_cure(tmp_path, keep):
    path = tmp_path / "1.png.npz"
    save_labels(path, ImageLabels(np.ones((9, 2), np.float32), np.ones(9, np.float32), (64, 80)))
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DatasetError, match=r"1\.png\.npz' holds no labels, or is damaged .*delete it"):
        load_labels(path)

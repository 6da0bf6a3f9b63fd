import numpy as np
from helpers.exports import OUTLIERS, PLUMB_BOB, exported

from superpoint_ros.export.table import write_table


def test_features_and_matches_are_found_by_the_columns(tmp_path):
    images, pairs = exported([PLUMB_BOB, PLUMB_BOB, PLUMB_BOB])
    write_table(tmp_path / "features.npz", images, pairs)
    with np.load(tmp_path / "features.npz") as columns:
        table = dict(columns)
    assert table["name"].tolist() == ["0.png", "1.png", "2.png"]
    assert table["image_size"].tolist() == [[240, 320]] * 3
    for number, image in enumerate(images):
        rows = table["image"] == number
        np.testing.assert_array_equal(table["xy"][rows], image.features.xy)
        np.testing.assert_array_equal(table["descriptors"][rows], image.features.descriptors)
        assert np.isnan(table["sigma"][rows]).all()
    rows = (table["match_images"] == [1, 2]).all(axis=1)
    np.testing.assert_array_equal(table["match_rows"][rows][:, 1], pairs[2].matches.index1)
    assert table["match_distance"][rows].max() < 1e-3
    assert table["match_inlier"][rows].sum() >= rows.sum() - OUTLIERS


def test_one_image_has_no_matches(tmp_path):
    images, _ = exported([None])
    write_table(tmp_path / "features.npz", images, [])
    with np.load(tmp_path / "features.npz") as columns:
        assert columns["match_rows"].shape == columns["match_images"].shape == (0, 2)
        assert columns["match_inlier"].dtype == bool

import pytest

from superpoint_ros.core.decode_options import DecodeOptions


@pytest.mark.parametrize(
    "bad",
    [
        {"detection_threshold": -0.1},
        {"detection_threshold": 1.5},
        {"nms_radius": -1},
        {"remove_borders": -1},
        {"max_keypoints": -1},
        {"grid_rows": 0},
        {"grid_columns": 0},
        {"descriptor_sampling": "bilinear"},
        {"scales": ()},
        {"scales": (1.0, 0.0)},
        {"scales": (0.5, 0.5)},
        {"scales": (4.1,)},
    ],
)
def test_options_out_of_range_are_named(bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        DecodeOptions(**bad)

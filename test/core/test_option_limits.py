"""The limits and defaults of core's options, as users are told them: each is allowed, what is beyond is not."""

from __future__ import annotations

import math
from dataclasses import fields

import pytest

from superpoint_ros.core.decode_options import DecodeOptions, ResolvedDecodeOptions
from superpoint_ros.core.errors import ParameterError
from superpoint_ros.core.optical_flow import FlowOptions
from superpoint_ros.core.options import option_specs
from superpoint_ros.core.stereo_options import StereoOptions
from superpoint_ros.core.tracker_options import TrackerOptions

# Options dataclass, name, default, lowest and highest value allowed.
LIMITS = [
    (DecodeOptions, "max_keypoints", 1000, 1, 20_000),
    (DecodeOptions, "detection_threshold", None, 0.0, 1.0),
    (DecodeOptions, "nms_radius", 4, 0, 64),
    (DecodeOptions, "remove_borders", 4, 0, 1000),
    (DecodeOptions, "grid_rows", 1, 1, 100),
    (DecodeOptions, "grid_columns", 1, 1, 100),
    (DecodeOptions, "max_image_size", None, 32, 8192),
    (TrackerOptions, "max_descriptor_distance", 0.7, 0.01, 2.0),
    (TrackerOptions, "max_missed_frames", 5, 0, 1000),
    (TrackerOptions, "max_displacement", None, 0.1, 10_000.0),
    (TrackerOptions, "epipolar_threshold", None, 0.01, 100.0),
    (TrackerOptions, "network_every", 1, 1, 1000),
    (TrackerOptions, "max_tracks", 500, 1, 10_000),
    (TrackerOptions, "flow_cell_size", 16, 1, 1000),
    (TrackerOptions, "flow_confirm_radius", 1.5, 0.1, 100.0),
    (TrackerOptions, "flow_search_radius", 20.0, 0.1, 10_000.0),
    (TrackerOptions, "flow_max_unconfirmed", 30, 0, 10_000),
    (FlowOptions, "flow_radius", 10, 2, 30),
    (FlowOptions, "flow_levels", 3, 0, 6),
    (FlowOptions, "flow_max_return_error", 0.7, 0.01, 100.0),
    (FlowOptions, "flow_min_quality", 0.02, 0.0, 1.0),
    (StereoOptions, "max_descriptor_distance", 0.7, 0.01, 2.0),
    (StereoOptions, "max_reprojection_error", 1.0, 0.01, 100.0),
    (StereoOptions, "min_parallax", 0.25, 0.0, 90.0),
    (StereoOptions, "min_depth", 0.0, 0.0, 1000.0),
    (StereoOptions, "max_depth", None, 0.01, 10_000.0),
]


@pytest.mark.parametrize(("kind", "name", "default", "lowest", "highest"), LIMITS)
def test_limits_are_allowed_and_what_is_beyond_is_not(kind, name, default, lowest, highest):
    assert getattr(kind(), name) == default
    step = 1 if isinstance(lowest, int) else 1e-6
    for value in (lowest, highest):
        assert getattr(kind(**{name: value}), name) == value
    for value in (lowest - step, highest + (step if isinstance(lowest, int) else step * max(1, highest))):
        with pytest.raises(ParameterError, match=f"{name}="):
            kind(**{name: type(lowest)(value)})


def test_the_list_above_holds_every_number():
    for kind in (DecodeOptions, TrackerOptions, FlowOptions, StereoOptions):
        own = {one.name for one in fields(kind)}
        numbers = {name for name, spec in option_specs(kind).items() if spec.limits and spec.count == 1} & own
        assert numbers == {name for listed, name, *_ in LIMITS if listed is kind}


@pytest.mark.parametrize("scale", [0.01, 4.0])
def test_the_limits_of_scales_are_allowed(scale):
    assert DecodeOptions(scales=(1.0, scale)).scales == (1.0, scale)
    for bad in (0.00999, 4.0001, math.nan):
        with pytest.raises(ParameterError, match="scales="):
            DecodeOptions(scales=(1.0, bad))
    assert DecodeOptions().scales == (1.0,)


def test_sixteen_scales_are_allowed_and_no_more():
    scales = tuple(1.0 + 0.01 * number for number in range(17))
    assert len(DecodeOptions(scales=scales[:16]).scales) == 16
    with pytest.raises(ParameterError, match=r"scales=.* has more than 16 values"):
        DecodeOptions(scales=scales)


@pytest.mark.parametrize(
    ("kind", "name", "plain"),
    [
        (DecodeOptions, "max_keypoints", 0),
        (DecodeOptions, "detection_threshold", -1.0),
        (DecodeOptions, "descriptor_sampling", ""),
        (DecodeOptions, "subpixel", None),
        (TrackerOptions, "max_displacement", 0.0),
        (TrackerOptions, "epipolar_threshold", 0.0),
        (StereoOptions, "max_depth", 0.0),
    ],
)
def test_none_is_zero_minus_one_or_empty_where_there_is_no_none(kind, name, plain):
    spec = option_specs(kind)[name]
    assert spec.to_plain(None) == plain
    assert spec.from_plain(plain) is None


def test_only_the_sampling_is_fixed_while_a_node_runs():
    fixed = {name for name, spec in option_specs(DecodeOptions).items() if spec.fixed}
    assert fixed == {"descriptor_sampling"}


def test_what_is_left_to_the_model_is_filled_and_nothing_else():
    own = {"detection_threshold": 0.2, "descriptor_sampling": "magicleap", "subpixel": True}
    resolved = DecodeOptions(max_keypoints=None, grid_rows=2, grid_columns=3).resolve(**own)
    assert {name: getattr(resolved, name) for name in own} == own
    assert (resolved.max_keypoints, resolved.grid) == (20_000, (2, 3))
    given = DecodeOptions(detection_threshold=0.0, descriptor_sampling="exact", subpixel=False).resolve(**own)
    assert (given.detection_threshold, given.descriptor_sampling, given.subpixel) == (0.0, "exact", False)
    plain = ResolvedDecodeOptions()
    assert (plain.detection_threshold, plain.descriptor_sampling, plain.subpixel) == (0.015, "exact", False)

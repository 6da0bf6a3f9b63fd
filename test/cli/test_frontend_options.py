import argparse
from pathlib import Path

from superpoint_ros.cli.frontend_options import FrontendOptions, add_frontend_arguments, frontend_options
from superpoint_ros.core.decode_options import DecodeOptions
from superpoint_ros.core.tracker_options import TrackerOptions


def parse(*words: str) -> FrontendOptions:
    parser = argparse.ArgumentParser()
    add_frontend_arguments(parser)
    return frontend_options(parser.parse_args(words))


def test_without_flags_only_the_number_of_keypoints_differs_from_the_nodes():
    options = parse()
    assert options == FrontendOptions()
    assert options.decode == DecodeOptions(max_keypoints=500)
    assert options.tracker == TrackerOptions()


def test_flags_have_the_nodes_names():
    options = parse("--max-keypoints", "0", "--grid-rows", "3", "--max-displacement", "20", "--device", "cpu")
    assert options.decode == DecodeOptions(max_keypoints=None, grid_rows=3)
    assert options.tracker == TrackerOptions(max_displacement=20.0)
    assert options.network.runtime.device == "cpu"


def test_weights_are_found_from_any_folder():
    assert parse("--weights", "a.safetensors").network.weights == str(Path("a.safetensors").resolve())
    assert parse("--weights", "").network.weights is None

"""Some of what `make fuzz` does a million times."""

from __future__ import annotations

import numpy as np
import pytest
from fuzz import CASES, damage, run_case
from helpers.ros_probe import header

from superpoint_ros.msg import Tracks
from superpoint_ros.ros.messages.errors import InputError
from superpoint_ros.ros.messages.features import message_to_tracks


@pytest.mark.parametrize("name", CASES)
def test_damaged_messages_are_converted_or_refused_by_name(name):
    outcomes = {run_case(name, seed) for seed in range(60)}
    assert "converted" in outcomes
    assert outcomes <= {"converted", "refused", "not deserialized"}


def test_damage_is_repeated_by_its_seed():
    data = bytes(range(200))
    first, again, other = (damage(data, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert first[:4] == data[:4]


def test_tracks_of_different_lengths_are_refused():
    with pytest.raises(InputError, match="1 id, 0 age"):
        message_to_tracks(Tracks(header=header(1), id=[1]))

"""Transforms from a tf2 that is made up: what is left on the node, and what a time that goes back does."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from geometry_msgs.msg import TransformStamped

from superpoint_ros.ros.runtime.transforms import Tf2Lookup

NODE = object()


class Buffer:
    """tf2_ros's, as far as it is used: where it is given a node, it leaves a service and a callback on it."""

    def __init__(self, cache_time, node=None):
        self.node, self.cleared, self.stamps = node, 0, []

    def lookup_transform(self, target, source, time, timeout):
        self.stamps.append(time.nanoseconds)
        if source == "unknown":
            raise TransformError(f"'{source}' does not exist")
        found = TransformStamped()
        found.transform.translation.x = 2.0
        return found

    def clear(self):
        self.cleared += 1


class Listener:
    """tf2_ros's TransformListener."""

    def __init__(self, buffer, node):
        self.buffer, self.node, self.is_open = buffer, node, True

    def unregister(self):
        self.is_open = False


class TransformError(Exception):
    pass


TF2 = SimpleNamespace(Buffer=Buffer, TransformListener=Listener, TransformException=TransformError)


def test_a_transform_is_looked_up_at_a_stamp_and_what_is_missing_is_said():
    lookup = Tf2Lookup(NODE, TF2)
    expected = np.eye(4)
    expected[0, 3] = 2.0
    np.testing.assert_array_equal(lookup("camera", "lidar", Time(sec=3)), expected)
    with pytest.raises(LookupError, match="'unknown' does not exist"):
        lookup("camera", "unknown", Time(sec=4))


def test_nothing_is_left_on_the_node_once_it_is_closed():
    lookup = Tf2Lookup(NODE, TF2)
    assert lookup._listener.node is NODE
    lookup.close()
    assert not lookup._listener.is_open
    assert lookup._buffer.node is None


def test_transforms_of_a_later_time_are_forgotten_as_time_goes_back():
    """tf2 refuses what is much older than the newest: a bag that is played anew would have no transforms."""
    lookup = Tf2Lookup(NODE, TF2)
    for seconds, cleared in ((100, 0), (105, 0), (104, 0), (103, 1), (104, 1), (5, 2), (6, 2)):
        lookup("camera", "lidar", Time(sec=seconds))
        assert lookup._buffer.cleared == cleared

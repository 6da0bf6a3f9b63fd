from types import SimpleNamespace

from superpoint_ros.core.stamps import nanoseconds


def test_a_stamp_is_seconds_and_nanoseconds_exactly():
    assert nanoseconds(SimpleNamespace(sec=1_700_000_000, nanosec=999_999_999)) == 1_700_000_000_999_999_999


def test_stamps_before_the_epoch_count_backward():
    assert nanoseconds(SimpleNamespace(sec=-1, nanosec=1)) == -999_999_999

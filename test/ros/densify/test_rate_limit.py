"""How many pass, whatever the jitter of their stamps."""

from __future__ import annotations

import numpy as np
import pytest

from superpoint_ros.core.stamps import SECOND
from superpoint_ros.ros.densify.rate_limit import RateLimit


@pytest.mark.parametrize(("camera", "rate"), [(30, 30), (30, 15), (30, 12), (30, 10), (20, 5), (7, 10)])
@pytest.mark.parametrize("jitter", [0.0, 0.0005, 0.003])
def test_as_many_pass_as_the_rate_allows(camera, rate, jitter):
    limit, rng = RateLimit(), np.random.default_rng(0)
    stamps = (1 + np.arange(2000) / camera + rng.normal(0, jitter, 2000)) * SECOND
    passed = sum(limit.passes(int(stamp), rate) for stamp in stamps) / (2000 / camera)
    assert passed == pytest.approx(min(camera, rate), rel=0.01)


def test_after_a_gap_one_more_passes_and_after_a_step_backward_all_begins_anew():
    limit = RateLimit()
    seconds = [100, 100.5, 101, 150, 150.1, 150.2, 151.3, 20, 20.9, 21]
    expected = [True, False, True, True, True, False, True, True, False, True]
    assert [limit.passes(int(stamp * SECOND), 1.0) for stamp in seconds] == expected


def test_a_limit_counts_from_what_has_passed_before_it_was_set():
    limit = RateLimit()
    assert [limit.passes(stamp * SECOND, rate) for stamp, rate in ((1, None), (2, None), (3, 0.1), (12, 0.1))] == [
        True, True, False, True
    ]  # fmt: skip
    assert [limit.passes(stamp * SECOND, rate) for stamp, rate in ((13, 0.001), (14, None), (15, None))] == [
        False, True, True
    ]  # fmt: skip

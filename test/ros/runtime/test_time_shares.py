import heapq

import pytest

from superpoint_ros.ros.runtime.time_shares import TimeShares


def simulate(cameras: dict[str, tuple[float, float]], seconds: float = 60.0) -> tuple[dict[str, float], float]:
    """Rates [Hz] at which cameras of (period, cost) [s] are processed, newest first, and the share of idle time."""
    now = 0.0
    shares = TimeShares(lambda: now)
    arrivals = [(0.001 * index, name) for index, name in enumerate(cameras)]
    waiting, done, idle = set(), dict.fromkeys(cameras, 0), 0.0

    def arrive_until(end):
        nonlocal now
        while arrivals[0][0] <= end:
            now, name = heapq.heappop(arrivals)
            shares.arrive(name)
            waiting.add(name)
            heapq.heappush(arrivals, (now + cameras[name][0], name))
        now = end

    while now < seconds:
        arrive_until(now)
        camera, wait = shares.choose(waiting) if waiting else ("", arrivals[0][0] - now)
        if wait > 0.0:
            end = min(now + wait, arrivals[0][0])
            idle += (end - now) if waiting else 0.0
            arrive_until(end)
            continue
        waiting.remove(camera)
        arrive_until(now + cameras[camera][1])
        shares.spend(camera, cameras[camera][1])
        done[camera] += 1
    return {name: count / seconds for name, count in done.items()}, idle / seconds


def test_a_slow_large_camera_leaves_a_fast_small_one_half_of_the_time():
    rates, idle = simulate({"large": (0.2, 0.4), "small": (1 / 30, 0.03)})
    assert rates["small"] > 13.0  # taking turns: 2.3 Hz
    assert rates["large"] > 1.0
    assert idle < 0.1


def test_equal_cameras_have_equal_rates():
    rates, _ = simulate({"left": (1 / 30, 0.05), "right": (1 / 30, 0.05)})
    assert rates["left"] == pytest.approx(rates["right"], rel=0.1)
    assert sum(rates.values()) > 18.0


def test_with_time_enough_every_image_is_processed():
    rates, _ = simulate({"left": (0.1, 0.01), "right": (0.2, 0.02)})
    assert rates == pytest.approx({"left": 10.0, "right": 5.0}, rel=0.05)


def test_a_rare_camera_holds_nobody_up():
    rates, idle = simulate({"often": (1 / 30, 0.03), "rarely": (2.0, 0.03)})
    assert rates["often"] > 27.0
    assert rates["rarely"] == pytest.approx(0.5, rel=0.1)
    assert idle < 0.02


def test_a_camera_that_comes_back_is_owed_one_image_at_most():
    now = 0.0
    shares = TimeShares(lambda: now)
    for name in ("left", "right"):
        shares.arrive(name)
        shares.spend(name, 0.1)
    for _ in range(100):
        shares.spend("left", 0.1)
    shares.spend("right", 0.1)
    assert shares.choose({"left", "right"})[0] in ("left", "right")
    shares.spend("right", 0.1)
    assert shares.choose({"left", "right"})[0] == "left"

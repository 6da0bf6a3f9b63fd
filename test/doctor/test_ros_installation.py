import sys
from pathlib import Path

import pytest

from superpoint_ros.doctor import ros_installation
from superpoint_ros.doctor.ros_installation import Ros, check_ros, distributions, last_line, look_for_ros

HUMBLE = Path("/opt/ros/humble")
WORKS = Ros(installed=True, version="9.1.2", distribution="kilted", rmw="rmw_fastrtps_cpp")


def test_ros_of_this_environment_works():
    ros = look_for_ros()
    assert (ros.installed, ros.error) == (True, "")
    assert ros.rmw.startswith("rmw_")
    assert check_ros(ros, {}, "3.11", {}).level == "OK"


def test_a_middleware_that_is_not_there_is_found_although_it_ends_the_process(monkeypatch):
    environment = {**ros_installation.os.environ, "RMW_IMPLEMENTATION": "rmw_nobody_cpp"}
    ros = look_for_ros(environment)
    assert (ros.installed, ros.rmw) == (True, "")
    finding = check_ros(ros, {}, "3.11", environment)
    assert finding.level == "ERROR"
    assert "rmw_nobody_cpp" in finding.text
    assert "unset RMW_IMPLEMENTATION" in finding.commands


def test_messages_that_are_not_built_are_an_error(tmp_path, monkeypatch):
    (tmp_path / "superpoint_ros").mkdir()
    (tmp_path / "superpoint_ros" / "__init__.py").write_text("")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    ros = look_for_ros()
    assert ros.rmw
    assert ros.error == "ModuleNotFoundError: No module named 'superpoint_ros.msg'"
    finding = check_ros(ros, {}, "3.11", {})
    assert finding.level == "ERROR"
    assert "no node runs" in finding.text
    assert "source install/setup.bash" in finding.commands


def test_without_rclpy_it_is_not_there(monkeypatch):
    monkeypatch.setattr(ros_installation.importlib.util, "find_spec", lambda name: None)
    assert look_for_ros() == Ros(installed=False)


@pytest.mark.parametrize(
    ("present", "level", "says"),
    [
        ({}, "WARN", "rclpy is not installed for this Python"),
        ({HUMBLE: "3.11"}, "WARN", "source /opt/ros/humble/setup.bash"),
        ({HUMBLE: "3.10"}, "ERROR", "/opt/ros/humble is for Python 3.10, and this is Python 3.11"),
    ],
)
def test_why_there_is_no_rclpy(present, level, says):
    finding = check_ros(Ros(installed=False), present, "3.11", {})
    assert finding.level == level
    assert says in " ".join((finding.text, finding.cure, *finding.commands))


def test_an_rclpy_of_another_python_is_named_as_such():
    broken = Ros(installed=True, version="3.3.16", distribution="humble", error="No module named 'rclpy._rclpy'")
    finding = check_ros(broken, {HUMBLE: "3.10"}, "3.11", {})
    assert (finding.level, finding.text.startswith("/opt/ros/humble is for Python 3.10")) == ("ERROR", True)
    assert "rclpy 3.3.16 (Humble) cannot be imported" in check_ros(broken, {HUMBLE: "3.11"}, "3.11", {}).text


def test_the_distribution_is_named():
    assert check_ros(WORKS, {}, "3.11", {}).text == "rclpy 9.1.2 (Kilted), middleware rmw_fastrtps_cpp"


def test_distributions_are_found_sourced_or_not(tmp_path):
    opt = tmp_path / "opt"
    for path in (
        "ws/lib/python3.10/site-packages/rclpy",
        "opt/humble/local/lib/python3.10/dist-packages/rclpy",
        "opt/jazzy/lib/python3.12/site-packages/rclpy",
        "opt/empty",
    ):
        (tmp_path / path).mkdir(parents=True)
    environment = {"AMENT_PREFIX_PATH": f"{tmp_path / 'ws'}:{tmp_path / 'gone'}"}
    found = distributions(environment, opt)
    assert found == {tmp_path / "ws": "3.10", opt / "humble": "3.10", opt / "jazzy": "3.12"}


def test_the_last_line_of_a_log():
    text = "Traceback\n\n[ERROR] [1795718716.546462007] [rcl]: no such middleware, at /project/rcl/x.c:154\n\n"
    assert (last_line(text), last_line("")) == ("no such middleware", "")

import pytest

from superpoint_ros.core.errors import BackendError
from superpoint_ros.doctor import topics
from superpoint_ros.doctor.topics import check_graph, check_topics
from superpoint_ros.ros.runtime.diagnostics import Problem
from superpoint_ros.ros.runtime.topic_survey import SeenTopic, Survey

IMAGE = "sensor_msgs/msg/Image"
GOOD = SeenTopic("/left/image", IMAGE, ("/driver (reliable)",), 60, 29.97, "640x480 rgb8, 0.92 MB", calibrated=True)
LOSSY = SeenTopic(
    "/right/image", IMAGE, ("/driver (best_effort)",), 1, None, "640x480 rgb8, 0.92 MB",
    problems=(Problem("5 % of the messages arrive", "set its QoS to reliable"),),
)  # fmt: skip
POINTS = SeenTopic("/points", "sensor_msgs/msg/PointCloud2", ("/lidar (best_effort)",), 60, 10.0, "1.00 MB")


def check(*seen, nodes=("/driver",), environment=None, domains=()):
    return check_topics(Survey(tuple(seen), 7, nodes), 6.0, environment or {}, domains)


def test_a_topic_that_arrives():
    (finding,) = check(GOOD)
    assert (finding.level, finding.subject) == ("OK", "/left/image")
    assert finding.text == f"{IMAGE}, 30.0 Hz, 640x480 rgb8, 0.92 MB; from /driver (reliable)"


def test_a_lossy_topic_has_the_cure_that_the_node_says():
    good, lossy = check(GOOD, LOSSY)
    assert (good.level, lossy.level) == ("OK", "WARN")
    assert "1 received" in lossy.text
    assert "no camera_info beside it; 5 % of the messages arrive" in lossy.text
    assert lossy.cure == "set its QoS to reliable"


def test_a_silent_topic_is_a_warning():
    (finding,) = check(SeenTopic("/depth", IMAGE, ("/driver (reliable)",), 0, None, ""))
    assert finding.level == "WARN"
    assert "0 received; from /driver" in finding.text
    assert finding.cure == topics.SILENT


def test_points_alone_are_no_images():
    points, none = check(POINTS)
    assert points.level == "OK"
    assert none.text == "none with images within 6 s in domain 0; 7 other topics of 1 nodes are seen"
    assert "is the camera's driver running?" in none.cure


def test_programs_of_another_domain_are_the_likely_reason():
    (finding,) = check(nodes=(), environment={"ROS_DOMAIN_ID": "5"}, domains=[5, 42])
    assert finding.level == "WARN"
    assert "in domain 5, and no node; programs of this machine use domain 42" in finding.text
    assert finding.commands == ("export ROS_DOMAIN_ID=42",)


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({}, "does the network let multicast through"),
        ({"ROS_LOCALHOST_ONLY": "1"}, "discovery is confined to this one"),
        ({"ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}, "discovery is confined to this one"),
    ],
)
def test_an_empty_graph_has_reasons(environment, says):
    (finding,) = check(nodes=(), environment=environment, domains=[0])
    assert says in finding.cure
    assert "ROS distribution" in finding.cure
    assert "--ipc=host" in finding.cure


def test_a_ros_that_does_not_start_is_a_finding(monkeypatch):
    def fail(*_, **__):
        raise BackendError("cannot write its log")

    monkeypatch.setattr(topics, "run_apart", fail)
    (finding,) = check_graph(1.0, {}, [])
    assert (finding.level, finding.text) == ("ERROR", "ROS does not start: cannot write its log")

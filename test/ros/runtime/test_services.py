"""What can be asked of a running node by services, over real DDS."""

from __future__ import annotations

import pytest
from helpers.ros_densify import Densify, sparse_depth
from helpers.ros_lifecycle import Caller, Lifecycle
from helpers.ros_probe import header, milliseconds, texture
from sensor_msgs.msg import Image
from std_srvs.srv import SetBool, Trigger

from superpoint_ros.msg import Tracks
from superpoint_ros.ros.messages.images import array_to_image

PARAMETERS = {"policy": "every_frame", "max_keypoints": 40, "detection_threshold": 0.0}


class Camera:
    """The camera of a frontend of its own, its tracks and reports."""

    def __init__(self, probe, start_node, name, **parameters):
        self.probe, self.name = probe, name
        start_node(PARAMETERS | {"cameras.camera.topic": f"/{name}/image_raw"} | parameters, name)
        self.publisher = probe.publisher(Image, f"/{name}/image_raw")
        self.tracks = probe.collect(Tracks, f"/{name}/camera/tracks")
        self.reports = probe.collect_reports(name)

    def send(self, stamp):
        self.publisher.publish(array_to_image(texture(0, (48, 64)), header(stamp)))

    def wait_for(self, count):
        self.probe.spin_until(lambda: len(self.tracks) >= count, f"{count} messages of tracks")

    def wait_for_report(self, line, **expected):
        def is_said():
            return expected.items() <= self.probe.statistics(self.reports, line).items()

        self.probe.spin_until(is_said, f"{expected} in the report on {line}")


@pytest.mark.parametrize("tracker", ["descriptor", "hybrid"])
def test_tracks_reset_on_demand_have_new_ids_in_a_new_epoch(probe, start_node, tracker):
    camera = Camera(probe, start_node, f"reset_{tracker}", tracker=tracker)
    for stamp in (100, 200):
        camera.send(stamp)
    camera.wait_for(2)
    before = camera.tracks[1]
    assert camera.tracks[0].id == before.id
    answer = Caller(probe, Trigger, f"/{camera.name}/reset_tracks").call(Trigger.Request())
    assert (answer.success, answer.message) == (True, "tracks reset: camera")
    for stamp in (300, 400):
        camera.send(stamp)
    camera.wait_for(4)
    after = camera.tracks[2]
    assert after.epoch == before.epoch + 1
    assert not set(after.id) & set(before.id)
    assert (after.previous_stamp.sec, after.previous_stamp.nanosec) == (0, 0)
    assert set(after.age) == {1}
    assert camera.tracks[3].id == after.id
    camera.wait_for_report("camera", resets="1")


def test_what_comes_while_a_node_is_paused_is_skipped_and_counted(probe, start_node):
    camera = Camera(probe, start_node, "paused")

    service = Caller(probe, SetBool, f"/{camera.name}/set_paused")

    def pause(flag):
        return service.call(SetBool.Request(data=flag))

    camera.send(100)
    camera.wait_for(1)
    assert pause(True).success
    for stamp in (200, 300):
        camera.send(stamp)
    camera.wait_for_report("camera", received="3", processed="1", skipped="2", waiting="0", level="OK")
    camera.wait_for_report("camera", **{"skipped: paused": "2"})
    camera.wait_for_report("node state", level="WARN")
    assert "set_paused" in probe.statistics(camera.reports, "node state")["message"]
    assert pause(False).message == "resumed"
    camera.send(400)
    camera.wait_for(2)
    assert [milliseconds(message) for message in camera.tracks] == [100, 400]
    assert camera.tracks[0].id == camera.tracks[1].id
    camera.wait_for_report("node state", level="OK")


def test_pairs_are_skipped_too_and_a_cleanup_takes_the_service_away(probe, start_densify):
    densify = Densify(probe, start_densify, "halted")
    assert Caller(probe, SetBool, "/halted/set_paused").call(SetBool.Request(data=True)).success
    densify.send(100, sparse_depth(0))
    densify.wait_for_report("skipped: paused", "1")
    densify.wait_for_report("waiting", "0")
    assert not densify.depth
    lifecycle = Lifecycle(probe, "halted")
    assert lifecycle.change("deactivate")
    assert lifecycle.change("cleanup")
    client = probe.node.create_client(SetBool, "/halted/set_paused")
    probe.spin_until(lambda: not client.service_is_ready(), "the end of the service")

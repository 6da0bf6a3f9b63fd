"""Cameras that fire together, over real DDS: whole sets, a late, a dead and a slow camera, live as offline."""

from __future__ import annotations

from collections import Counter

import numpy as np
from helpers.bags import write_messages_bag
from helpers.ros_probe import header, milliseconds, texture
from sensor_msgs.msg import Image

from superpoint_ros.cli.main import main
from superpoint_ros.msg import Features, Tracks
from superpoint_ros.replay.bag_reader import BagReader
from superpoint_ros.ros.messages.images import array_to_image

SIZE = (48, 64)
PERIOD = 40
SYNC = {"sync_tolerance": 0.005, "sync_timeout": 0.2, "max_keypoints": 40, "detection_threshold": 0.0, "overlay": False}


def image(camera: str, stamp: int) -> Image:
    """What a camera shows at a time: a texture that moves to the left."""
    scene = texture(len(camera), (SIZE[0], SIZE[1] + 400))
    shift = stamp // 10
    return array_to_image(np.ascontiguousarray(scene[:, shift : shift + SIZE[1]]), header(stamp, camera))


class Rig:
    """A node, its cameras, and what comes of them.

    Attributes:
        order: Camera and stamp of each Tracks message, in order of arrival.
    """

    def __init__(self, probe, start_node, name: str, cameras: tuple[str, ...], **parameters):
        self.probe, self.order, self.name = probe, [], name
        self._sent = Counter()
        topics = {f"cameras.{camera}.topic": f"/{name}_rig/{camera}/image" for camera in cameras}
        self.node = start_node({"cameras.names": f"[{', '.join(cameras)}]", **topics, **SYNC, **parameters}, name)
        self.tracks = {camera: probe.collect(Tracks, f"/{name}/{camera}/tracks") for camera in cameras}
        for camera, collected in self.tracks.items():
            self.probe.node.create_subscription(Tracks, f"/{name}/{camera}/tracks", self._note, 1000)
            assert not collected
        self.reports = probe.collect_reports(name)
        self._publishers = {camera: probe.publisher(Image, f"/{name}_rig/{camera}/image") for camera in cameras}

    def _note(self, message: Tracks) -> None:
        self.order.append((message.camera, milliseconds(message)))

    def send(self, *cameras_and_stamps: tuple[str, int]) -> None:
        for camera, stamp in cameras_and_stamps:
            self._publishers[camera].publish(image(camera, stamp))

    def statistics(self, line: str = "camera sets") -> dict[str, str]:
        return self.probe.statistics(self.reports, line)

    def wait_until_received(self, part: list[tuple[str, int]]) -> None:
        self._sent.update(camera for camera, _ in part)
        wanted = {camera: str(number) for camera, number in self._sent.items()}
        received = lambda: {camera: self.statistics(camera).get("received") for camera in wanted}  # noqa: E731
        self.probe.spin_until(lambda: received() == wanted, f"{wanted} received")

    def wait_for(self, count: int) -> None:
        what = f"{count} tracks messages of {self.name}"
        self.probe.spin_until(lambda: len(self.order) >= count, what)

    def stamps(self, camera: str) -> list[int]:
        return [stamp for name, stamp in self.order if name == camera]

    def wait_for_counts(self, line: str = "camera sets", **counts: int) -> None:
        wanted = {name.replace("__", ": "): str(number) for name, number in counts.items()}
        self.probe.spin_until(lambda: wanted.items() <= self.statistics(line).items(), f"{line} counted {wanted}")


def test_two_cameras_with_one_late_keep_their_stamps_and_come_as_sets(probe, start_node):
    rig = Rig(probe, start_node, "two", ("left", "right"), sync_timeout=5.0)
    for number in range(8):
        stamp = 1000 + PERIOD * number
        rig.send(("left", stamp))
        probe.spin_for(0.06)
        rig.send(("right", stamp + 3))
        rig.wait_for(2 * number + 2)
    assert [sorted(rig.order[2 * n : 2 * n + 2]) for n in range(8)] == [
        [("left", 1000 + PERIOD * n), ("right", 1003 + PERIOD * n)] for n in range(8)
    ]
    rig.wait_for_counts(complete=8, partial=0, too_few_cameras=0, dropped=0, missing__left=0, missing__right=0)
    assert rig.statistics()["spread_ms"] == "3.000"
    rig.wait_for_counts("left", received=8, processed=8, dropped=0, waiting=0)
    left = rig.statistics("left")
    assert (left["stamp_interval_ms"], left["stamp_jitter_ms"]) == ("40.000", "0.000")


def test_latest_gives_both_images_of_a_moment_or_none(probe, start_node):
    """Images come faster than the network takes them."""
    cameras, values = ("left", "right"), {"reliability": "reliable", "depth": 100}
    overrides = {f"qos_overrides./busy_rig/{camera}/image.subscription.{name}": value
                 for camera in cameras for name, value in values.items()}  # fmt: skip
    rig = Rig(probe, start_node, "busy", cameras, scales="[1.0, 4.0]", sync_timeout=5.0, **overrides)
    count = 40
    for number in range(count):
        rig.send(*((camera, 1000 + PERIOD * number) for camera in ("left", "right")))

    def accounted():
        lines = [rig.statistics(camera) for camera in ("left", "right")]
        return all(int(one.get("processed", 0)) + int(one.get("dropped", 0)) == count for one in lines)

    probe.spin_until(accounted, "all images to be processed or dropped")
    rig.wait_for(2 * int(rig.statistics("left")["processed"]))
    assert rig.stamps("left") == rig.stamps("right")
    assert rig.stamps("left")[-1] == 1000 + PERIOD * (count - 1)
    values = rig.statistics("right")
    assert values["dropped"] == values["dropped: newer"] != "0"
    rig.wait_for_counts(complete=count, dropped=int(values["dropped"]))


def test_of_four_cameras_one_is_dead_one_of_half_the_rate_and_one_late(probe, start_node):
    cameras = ("front", "rear", "slow", "dead")
    rig = Rig(probe, start_node, "four", cameras, min_cameras=2, sync_timeout=1.0)
    sent = []
    for number in range(6):
        in_time = ("front", "slow") if number % 2 == 0 else ("front",)
        moment = [(camera, 1000 + PERIOD * number) for camera in (*in_time, "rear")]
        rig.send(*moment[:-1])
        probe.spin_for(0.05)
        rig.send(moment[-1])
        sent += moment
        rig.wait_for(len(sent))
    assert sorted(rig.order) == sorted(sent)
    rig.wait_for_counts(complete=0, partial=6, too_few_cameras=0, missing__dead=6, missing__slow=3, missing__rear=0)
    problem = "sets since the last report lacks dead; is it running"
    probe.spin_until(lambda: problem in rig.node.log(), "a warning on the dead camera")


def test_sets_of_too_few_cameras_are_dropped_with_their_cause(probe, start_node):
    rig = Rig(probe, start_node, "few", ("left", "right"), min_cameras=2, sync_timeout=1.0)
    rig.send(("left", 1000))
    rig.wait_for_counts(too_few_cameras=1)
    rig.send(("left", 1040), ("right", 1040))
    rig.wait_for(2)
    assert set(rig.order) == {("left", 1040), ("right", 1040)}
    rig.wait_for_counts(complete=1, partial=0, too_few_cameras=1)
    rig.wait_for_counts("left", dropped=1, **{"dropped: too few cameras": 1}, processed=1, waiting=0)


def arrivals() -> list[tuple[str, int]]:
    """Left and right with jitter, right missing twice, rear at half the rate and dead after a while."""
    sent = []
    for number in range(12):
        stamp = 1000 + PERIOD * number
        sent.append(("left", stamp))
        if number not in (3, 4):
            sent.append(("right", stamp + number % 4))
        if number % 2 == 0 and number < 7:
            sent.append(("rear", stamp + 1))
    return sent


def test_every_frame_makes_the_same_sets_live_and_offline_twice(probe, start_node, weights, tmp_path):
    cameras, name = ("left", "right", "rear"), "every"
    parameters = {"policy": "every_frame", "network_every": 2, "tracker": "hybrid"}
    rig = Rig(probe, start_node, name, cameras, **parameters)
    features = {camera: probe.collect(Features, f"/{name}/{camera}/features") for camera in cameras}
    sent, end = arrivals(), [(camera, 2000) for camera in cameras]
    # Camera by camera, as far as the timeout allows: another order of arrival than the recording's.
    for part in (sent[:9], sent[9:18], sent[18:], end):
        rig.send(*sorted(part))
        rig.wait_until_received(part)
    sent += end
    rig.wait_for(len(sent))
    probe.spin_for(0.5)

    bag = write_messages_bag(
        tmp_path / "bag", [(f"/{name}_rig/{camera}/image", image(camera, s)) for camera, s in sent]
    )
    file = tmp_path / "parameters.yaml"
    values = {f"cameras.{camera}.topic": f"/{name}_rig/{camera}/image" for camera in cameras}
    values |= {"cameras.names": list(cameras), "weights": str(weights), **SYNC, **parameters}
    file.write_text(str({"/frontend": {"ros__parameters": values}}))
    outputs = [tmp_path / run / "out" for run in ("once", "twice")]
    for output in outputs:
        assert main(["replay", str(bag), "--output", str(output), "--params", str(file)]) == 0
    assert (outputs[0] / "out.mcap").read_bytes() == (outputs[1] / "out.mcap").read_bytes()
    with BagReader(outputs[0]) as reader:
        offline = {topic: [one.content for one in reader.messages([topic])] for topic in reader.all_topics()}
    for camera in cameras:
        for kind, live in (("tracks", rig.tracks[camera]), ("features", features[camera])):
            recorded = offline[f"/frontend/{camera}/{kind}"]
            assert [milliseconds(one) for one in live] == [milliseconds(one) for one in recorded]
            for one, other in zip(live, recorded, strict=True):
                np.testing.assert_allclose(one.x, other.x, atol=1e-3)
    # The network sees the same moments of all cameras.
    seen = {camera: [milliseconds(one) // PERIOD for one in features[camera]] for camera in cameras}
    assert seen["left"] == [25, 27, 29, 31, 33, 35, 50]
    assert seen["right"] == [25, 27, 31, 33, 35, 50]

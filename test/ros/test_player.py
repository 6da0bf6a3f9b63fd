"""The player against a stand-in for the frontend, which runs whenever the player waits."""

import numpy as np
import pytest
import rclpy
from sensor_msgs.msg import Image

from superpoint_ros.core.errors import BackendError
from superpoint_ros.msg import Features, Tracks
from superpoint_ros.ros import player as camera
from superpoint_ros.ros.qos import output_qos


class StandIn:
    """Answers every image, save those whose number is in `silent`; the newest of those waiting comes first."""

    def __init__(self, probe, silent=()):
        self.probe, self.silent = probe, silent
        self.waiting, self.most_waiting = [], 0
        qos = output_qos("every_frame")
        node = probe.node
        self.publishers = [
            node.create_publisher(Features, camera.FEATURES_TOPIC, qos),
            node.create_publisher(Tracks, camera.TRACKS_TOPIC, qos),
            node.create_publisher(camera.DiagnosticArray, camera.STATISTICS_TOPIC, 10),
        ]
        self.subscription = node.create_subscription(Image, camera.IMAGE_TOPIC, self.waiting.append, qos)

    def turn(self):
        self.probe.spin_for(0.02)
        self.most_waiting = max(self.most_waiting, len(self.waiting))
        while self.waiting:
            header = self.waiting.pop().header
            if header.stamp.sec not in self.silent:
                self.publishers[0].publish(Features(header=header))
                self.publishers[1].publish(Tracks(header=header, id=[header.stamp.sec]))

    def close(self):
        for publisher in self.publishers:
            self.probe.node.destroy_publisher(publisher)
        self.probe.node.destroy_subscription(self.subscription)


@pytest.fixture
def player():
    rclpy.init()
    player = camera.FramePlayer(in_flight=3, answer_timeout=2.0)
    yield player
    player.destroy_node()
    rclpy.try_shutdown()


def frames(count):
    return [(np.full((4, 6, 3), number, np.uint8), number * camera.SECOND) for number in range(count)]


def play(player, stand_in, count):
    assert player.wait_for_frontend(20, stand_in.turn)
    try:
        return list(player.play(frames(count), stand_in.turn))
    finally:
        stand_in.close()


def test_answers_come_in_the_order_of_the_images(player, probe):
    stand_in = StandIn(probe)
    exchanges = play(player, stand_in, 8)
    assert [exchange.stamp // camera.SECOND for exchange in exchanges] == list(range(8))
    assert [exchange.messages[camera.TRACKS_TOPIC][0].id.tolist() for exchange in exchanges] == [[n] for n in range(8)]
    assert [int(exchange.image[0, 0, 0]) for exchange in exchanges] == list(range(8))
    assert 1 <= stand_in.most_waiting <= 3
    assert player.sent == 8


def test_every_message_comes_with_its_bytes(player, probe):
    (exchange,) = play(player, StandIn(probe), 1)
    assert set(exchange.messages) == {camera.IMAGE_TOPIC, camera.FEATURES_TOPIC, camera.TRACKS_TOPIC}
    for message, data in exchange.messages.values():
        assert camera.deserialize_message(data, type(message)) == message


def test_an_image_without_an_answer_is_left_out(player, probe):
    exchanges = play(player, StandIn(probe, silent={2}), 5)
    assert [exchange.stamp // camera.SECOND for exchange in exchanges] == [0, 1, 3, 4]
    assert player.sent == 5


def test_nobody_there(player):
    assert not player.wait_for_frontend(0.2, lambda: None)
    assert player.statistics(1, 0.1, lambda: None) == {}


def test_a_frontend_that_dies_ends_the_play(player):
    def dead():
        raise BackendError("the node ended")

    with pytest.raises(BackendError, match="the node ended"):
        list(player.play(frames(5), dead))

"""The player against a stand-in for a node, which runs whenever the player waits."""

import pytest
import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header

from superpoint_ros.core.errors import BackendError
from superpoint_ros.core.stamps import SECOND
from superpoint_ros.msg import Features, Tracks
from superpoint_ros.replay.player import Player
from superpoint_ros.ros.messages.stamps import time_message
from superpoint_ros.ros.runtime.diagnostics import DIAGNOSTICS_TOPIC
from superpoint_ros.ros.runtime.qos import replay_qos

INPUTS = {"/played/image": Image, "/played/info": CameraInfo}
ANSWERS = {"/stand_in/features": Features, "/stand_in/tracks": Tracks}


class StandIn:
    """Answers every image, save those whose number is in `silent`; the newest of those waiting comes first."""

    def __init__(self, probe, silent=()):
        self.probe, self.silent = probe, silent
        self.waiting, self.most_waiting, self.infos = [], 0, []
        self.statistics = DiagnosticArray()
        qos = replay_qos()
        node = probe.node
        self.publishers = [node.create_publisher(kind, topic, qos) for topic, kind in ANSWERS.items()]
        self.publishers.append(node.create_publisher(DiagnosticArray, DIAGNOSTICS_TOPIC, 10))
        takers = (self.waiting.append, self.infos.append)
        self.subscriptions = [
            node.create_subscription(kind, topic, take, qos)
            for (topic, kind), take in zip(INPUTS.items(), takers, strict=True)
        ]

    def turn(self):
        self.probe.spin_for(0.02)
        self.most_waiting = max(self.most_waiting, len(self.waiting))
        while self.waiting:
            header = self.waiting.pop().header
            if header.stamp.sec not in self.silent:
                self.publishers[0].publish(Features(header=header))
                self.publishers[1].publish(Tracks(header=header, id=[header.stamp.sec]))
        self.publishers[2].publish(self.statistics)

    def is_heard(self):
        return all(publisher.get_subscription_count() for publisher in self.publishers)

    def close(self):
        for publisher in self.publishers:
            self.probe.node.destroy_publisher(publisher)
        for subscription in self.subscriptions:
            self.probe.node.destroy_subscription(subscription)


@pytest.fixture
def make_player():
    players = []

    def make(check, answer_timeout=20.0):
        players.append(Player("player", INPUTS, ANSWERS, "stand_in", check, 3, answer_timeout))
        return players[-1]

    rclpy.init()
    yield make
    for player in players:
        player.destroy_node()
    rclpy.try_shutdown()


@pytest.fixture
def stand_in(probe):
    stand_in = StandIn(probe)
    yield stand_in
    stand_in.close()


def frames(count):
    headers = [Header(stamp=time_message(number * SECOND)) for number in range(count)]
    return [{topic: kind(header=header) for topic, kind in INPUTS.items()} for header in headers]


def play(player, stand_in, count):
    assert player.wait_until_connected(20)
    stand_in.probe.spin_until(stand_in.is_heard, "the player's subscriptions")
    return list(player.play(frames(count)))


def test_answers_come_in_the_order_of_the_images(make_player, stand_in):
    player = make_player(stand_in.turn)
    exchanges = play(player, stand_in, 8)
    assert [exchange.stamp // SECOND for exchange in exchanges] == list(range(8))
    assert [exchange.message("/stand_in/tracks").id.tolist() for exchange in exchanges] == [[n] for n in range(8)]
    assert [info.header.stamp.sec for info in stand_in.infos] == list(range(8))
    assert 1 <= stand_in.most_waiting <= 3
    assert player.sent == 8


def test_every_message_comes_with_its_bytes(make_player, stand_in):
    (exchange,) = play(make_player(stand_in.turn), stand_in, 1)
    assert set(exchange.messages) == {*INPUTS, *ANSWERS}
    for message, data in exchange.messages.values():
        assert deserialize_message(data, type(message)) == message


def test_an_image_without_an_answer_is_left_out(make_player, stand_in):
    stand_in.silent = {2}
    player = make_player(stand_in.turn, answer_timeout=3.0)
    assert [exchange.stamp // SECOND for exchange in play(player, stand_in, 5)] == [0, 1, 3, 4]
    assert player.sent == 5


def test_statistics_are_told_per_input(make_player, stand_in):
    counts = {("stand_in", "/played/info"): "7", ("stand_in", "/played/image"): "1", ("other", "/played/image"): "9"}
    stand_in.statistics.status = [
        DiagnosticStatus(
            name=f"{node}: input", values=[KeyValue(key="topic", value=topic), KeyValue(key="processed", value=number)]
        )
        for (node, topic), number in counts.items()
    ]
    player = make_player(stand_in.turn)
    play(player, stand_in, 1)
    assert [values["processed"] for values in player.statistics(20)] == ["1", "7"]


def test_nobody_there(make_player):
    player = make_player(lambda: None)
    assert not player.wait_until_connected(0.2)
    player.sent = 1
    assert player.statistics(0.1) == [{}, {}]


def test_a_node_that_dies_ends_the_play(make_player):
    def dead():
        raise BackendError("the node ended")

    with pytest.raises(BackendError, match="the node ended"):
        list(make_player(dead).play(frames(5)))

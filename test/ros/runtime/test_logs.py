import logging
import threading

import pytest
import rclpy
from helpers.echo_node import EchoNode

from superpoint_ros.ros.runtime import logs


class Recorder:
    def __init__(self, level=logging.DEBUG):
        self.lines, self.level = [], level

    def get_effective_level(self):
        return self.level

    def __getattr__(self, severity):
        return lambda text: self.lines.append((severity, text))


@pytest.mark.parametrize("severity", ["debug", "info", "warning", "error"])
def test_library_logs_are_forwarded(severity):
    recorder = Recorder()
    forwarding = logs.LogForwarding(recorder)
    getattr(logging.getLogger("superpoint_ros.core"), severity)("value %d", 3)
    forwarding.close()
    getattr(logging.getLogger("superpoint_ros.core"), severity)("value %d", 4)
    assert recorder.lines == [(severity, "value 3")]


def test_each_record_goes_to_one_node_that_of_the_thread_or_the_first():
    first, second = Recorder(logging.INFO), Recorder(logging.INFO)
    forwardings = [logs.LogForwarding(first), logs.LogForwarding(second)]
    logger = logging.getLogger("superpoint_ros.core")

    def work():
        forwardings[1].adopt_thread()
        logger.info("from the second's worker")

    logger.info("from nowhere")
    worker = threading.Thread(target=work)
    worker.start()
    worker.join()
    assert (first.lines, second.lines) == ([("info", "from nowhere")], [("info", "from the second's worker")])
    forwardings[0].close()
    logger.info("later")
    assert second.lines[-1] == ("info", "later")
    forwardings[1].close()


def test_the_library_logs_what_the_most_talkative_node_wants_to_hear():
    forwardings = [logs.LogForwarding(Recorder(level)) for level in (logging.WARNING, logging.DEBUG)]
    library = logging.getLogger(logs.LIBRARY)
    assert library.level == logging.DEBUG
    forwardings[1].close()
    forwardings[0].follow_level()
    assert library.level == logging.WARNING
    forwardings[0].close()
    assert library.level == logging.NOTSET


def test_the_library_s_log_ends_with_the_node():
    rclpy.init()
    nodes = [EchoNode(), EchoNode()]
    library = logging.getLogger(logs.LIBRARY)
    assert len(library.handlers) == 1
    nodes[0].stop()
    assert len(library.handlers) == 1
    nodes[1].stop()
    assert library.handlers == []
    for one in nodes:
        one.destroy_node()
    rclpy.try_shutdown()


def test_the_library_is_as_talkative_as_the_node():
    rclpy.init()
    rclpy.logging.set_logger_level("echo", rclpy.logging.LoggingSeverity.DEBUG)
    node = EchoNode()
    assert logging.getLogger(logs.LIBRARY).level == logging.DEBUG
    node.stop()
    rclpy.logging.set_logger_level("echo", rclpy.logging.LoggingSeverity.UNSET)
    node.destroy_node()
    rclpy.try_shutdown()

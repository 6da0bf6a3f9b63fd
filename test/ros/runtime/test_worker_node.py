"""One bad input ends nothing, and neither does anything else that goes wrong in the worker."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Iterator

import pytest
import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from helpers.echo_node import Echo, EchoNode, Log, fails
from rclpy.executors import SingleThreadedExecutor
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.parameter import Parameter
from std_srvs.srv import Trigger

from superpoint_ros.core.errors import BackendError, CalibrationError
from superpoint_ros.ros.messages.errors import InputError
from superpoint_ros.ros.runtime import worker_node


@pytest.fixture
def node(monkeypatch) -> Iterator[EchoNode]:
    rclpy.init()
    node = EchoNode()
    node.log = Log()
    monkeypatch.setattr(node, "get_logger", lambda: node.log)
    monkeypatch.setattr(node.pipeline.warnings, "_logger", node.log)
    yield node
    monkeypatch.undo()
    node.stop()
    node.destroy_node()
    rclpy.try_shutdown()


@pytest.fixture
def echo(node) -> Echo:
    return node.pipeline


def test_a_bad_input_is_counted_by_its_reason_and_said_once(node, echo):
    echo.run(*3 * [fails(InputError("size", "too small"))])
    assert echo.stream.statistics.values()["skipped: size"] == "3"
    assert node.log == [("warning", "/topic: pair skipped [size]: too small")]


def test_an_error_about_another_topic_is_said_with_that_topic(node, echo):
    error = InputError("size", "too small")
    error.topic = "/sparse"
    echo.run(fails(error))
    assert node.log == [("warning", "/sparse: pair skipped [size]: too small")]


def test_an_error_without_a_reason_is_counted_by_its_kind(echo):
    echo.run(fails(CalibrationError("strange lens")))
    assert echo.stream.statistics.values()["skipped: CalibrationError"] == "1"


def test_any_other_error_is_logged_in_full(node, echo):
    echo.run(fails(ZeroDivisionError("oh")))
    assert echo.stream.statistics.values()["skipped: internal error"] == "1"
    assert node.log[0] == ("warning", "/topic: pair skipped [internal error]: ZeroDivisionError: oh")
    assert node.log[1][0] == "error"
    assert "Traceback" in node.log[1][1]


def test_what_fails_because_ros_is_shutting_down_is_not_said(node, echo):
    rclpy.shutdown()
    echo.run(fails(ZeroDivisionError()))
    assert node.log == []


def test_nothing_wrong_changes_nothing(node, echo):
    echo.run(lambda: None)
    assert (node.log, echo.stream.statistics["skipped"], echo.stream.statistics["processed"]) == ([], 0, 1)


def test_changed_parameters_are_applied_between_batches(node, echo):
    assert node.set_parameters([Parameter("volume", value=4)])[0].successful
    assert echo.applied == []
    echo.run(lambda: None)
    echo.run(lambda: None)
    assert echo.applied == [4]


def test_a_refused_change_says_why(node):
    assert "out of range" in node.set_parameters([Parameter("volume", value=40)])[0].reason


def spin_until(node, condition, *others):
    """Spin as a node's program does: what a callback raises ends it."""
    executor = SingleThreadedExecutor()
    for one in (node, *others):
        executor.add_node(one)
    deadline = time.monotonic() + 30.0
    while not condition() and time.monotonic() < deadline:
        executor.spin_once(timeout_sec=0.02)
    for one in (node, *others):
        executor.remove_node(one)
    assert condition()


def logged(node, *words):
    """Whether an error with these words was logged with its traceback."""
    texts = [text for _, text in node.log]
    return any(all(word in text for word in words) for text in texts) and any("Traceback" in text for text in texts)


def test_a_command_that_fails_is_answered_and_ends_nothing(node, echo):
    echo.add_command("explode", fails(ZeroDivisionError("boom")))
    caller = rclpy.create_node("caller")
    client = caller.create_client(Trigger, "echo/explode")
    spin_until(node, client.service_is_ready, caller)
    answer = client.call_async(Trigger.Request())
    spin_until(node, answer.done, caller)
    assert (answer.result().success, answer.result().message) == (False, "explode failed: ZeroDivisionError: boom")
    assert logged(node, "explode failed")
    caller.destroy_node()


@pytest.mark.parametrize(("method", "what"), [("statuses", "report"), ("follow_publishers", "following publishers")])
def test_a_timer_that_fails_ends_nothing(node, echo, monkeypatch, method, what):
    monkeypatch.setattr(node._warnings, "_logger", node.log)
    monkeypatch.setattr(echo, method, fails(OSError("too many open files")))
    spin_until(node, lambda: logged(node, f"echo: {what} failed: OSError: too many open files"))


def test_a_message_that_cannot_be_taken_ends_nothing(node, echo):
    node.trigger_deactivate()
    echo.add_input("/heard", DiagnosticArray, fails(ZeroDivisionError("no")))
    node.trigger_activate()
    publisher = node.create_publisher(DiagnosticArray, "/heard", 1)

    def is_said():
        publisher.publish(DiagnosticArray())
        return logged(node, "echo: taking a message of /heard failed: ZeroDivisionError: no")

    spin_until(node, is_said)


def test_the_worker_survives_parameters_that_cannot_be_applied(node, echo):
    node.set_parameters([Parameter("volume", value=9)])
    echo.run(lambda: None)
    assert echo.stream.statistics["processed"] == 1
    assert ("warning", "echo: changed parameters not applied: ZeroDivisionError: too loud") in node.log


def test_the_worker_survives_a_batch_that_its_algorithm_lets_fall(node, echo):
    echo.run("careless")
    echo.run(lambda: None)
    assert echo.stream.statistics["processed"] == 1
    assert node.log[0] == ("warning", "echo: batch of 1 not finished: ZeroDivisionError: careless")


def test_a_node_runs_what_it_is_given(node, echo):
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    done = []
    echo.enqueue(echo.stream, lambda: done.append(1))
    for _ in range(200):
        executor.spin_once(timeout_sec=0.02)
        if done:
            break
    executor.remove_node(node)
    assert done == [1]


def test_the_lines_of_a_report_are_named_by_node_and_subject_in_its_namespace():
    rclpy.init(args=["--ros-args", "-r", "__ns:=/robot"])
    node, reports = EchoNode(), []
    node._diagnostics_publisher = type("Publisher", (), {"publish": reports.append})
    node._report()
    node.trigger_deactivate()
    node._report()
    assert [status.name for status in reports[0].status] == ["robot/echo: node state"]
    assert [status.message for report in reports for status in report.status] == ["running", "inactive"]
    node.stop()
    node.destroy_node()
    rclpy.try_shutdown()


def test_another_node_of_its_name_is_said_once_until_it_is_gone(node, monkeypatch):
    graph = [("echo", "/"), ("echo", "/")]
    monkeypatch.setattr(node, "get_node_names_and_namespaces", lambda: graph)
    for _ in range(3):
        node._warn_of_namesakes()
    assert [text.split(":")[0] for level, text in node.log if level == "warning"] == ["1 more of the name /echo"]
    graph[:] = [("echo", "/"), ("echo", "/robot")]
    node._warn_of_namesakes()
    graph[:] = 3 * [("echo", "/")]
    node._warn_of_namesakes()
    assert "2 more of the name /echo" in node.log[-1][1]
    assert len(node.log) == 2


def test_what_is_queued_is_counted_and_what_is_processed_is_finished_as_the_node_is_deactivated(node, echo):
    begun, go_on = threading.Event(), threading.Event()

    def slow():
        begun.set()
        go_on.wait(30)

    echo.enqueue(echo.stream, slow)
    assert begun.wait(30)
    echo.enqueue(echo.stream, lambda: None)
    threading.Timer(0.05, go_on.set).start()
    assert node.trigger_deactivate() == TransitionCallbackReturn.SUCCESS
    assert echo.stream.statistics["processed"] == 1
    assert echo.stream.statistics.values()["dropped: inactive"] == "1"


def test_a_cleanup_leaves_nothing_of_the_algorithm(node):
    algorithm = weakref.ref(node.pipeline)
    node.trigger_deactivate()
    assert node.trigger_cleanup() == TransitionCallbackReturn.SUCCESS
    assert (node.pipeline, algorithm()) == (None, None)


def test_a_failed_activation_leaves_the_node_unconfigured_with_the_reason(node, echo, monkeypatch):
    node.trigger_deactivate()
    monkeypatch.setattr(echo, "activate", fails(ZeroDivisionError("no")))
    assert node.trigger_activate() == TransitionCallbackReturn.ERROR
    assert node.pipeline is None
    assert ("error", "not activated: no") in node.log
    assert node.trigger_configure() == TransitionCallbackReturn.SUCCESS


def test_a_network_that_fails_on_its_first_image_is_an_error_of_the_start(monkeypatch):
    monkeypatch.setattr(Echo, "warm_up", fails(MemoryError("16 GB")))
    rclpy.init()
    with pytest.raises(BackendError, match="fails on a first image: MemoryError: 16 GB"):
        EchoNode()
    rclpy.try_shutdown()


def test_what_is_destroyed_is_forgotten_within_a_second(node):
    """rclpy's callback group keeps a weak reference to everything that there ever was."""
    node._report()
    kept = node.default_callback_group.entities
    before = len(kept)
    for _ in range(5):
        node.destroy_subscription(node.create_subscription(DiagnosticArray, "/gone", print, 1))
    assert len(kept) > before
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    for _ in range(200):
        executor.spin_once(timeout_sec=0.02)
        if len(kept) == before:
            break
    executor.remove_node(node)
    assert len(kept) == before


def test_free_memory_is_given_back_as_long_as_the_node_runs(monkeypatch):
    times = []
    monkeypatch.setattr(worker_node, "MEMORY_PERIOD_S", 0.05)
    monkeypatch.setattr(worker_node, "give_back_free_memory", lambda: times.append(len(times)))
    rclpy.init()
    node = EchoNode()
    try:
        executor = SingleThreadedExecutor()
        executor.add_node(node)
        for _ in range(200):
            executor.spin_once(timeout_sec=0.05)
            if len(times) > 2:
                break
        executor.remove_node(node)
    finally:
        node.stop()
        node.destroy_node()
        rclpy.try_shutdown()
    assert len(times) > 2

"""What the topics of a ROS graph say: what arrives, what is lost, and why none may be seen."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from superpoint_ros.core.errors import SuperPointRosError
from superpoint_ros.core.processes import run_apart
from superpoint_ros.doctor.discovery import domain
from superpoint_ros.doctor.finding import Finding

if TYPE_CHECKING:
    from superpoint_ros.ros.runtime.topic_survey import SeenTopic, Survey

START_TIMEOUT_S = 60.0
SILENT = "does its publisher send now? Some wait for a trigger, or for a subscriber to what they work on"


def check_topics(
    survey: Survey, seconds: float, environment: Mapping[str, str], domains: Collection[int]
) -> list[Finding]:
    """Say what was seen of each topic; of a graph without images, why that may be.

    Args:
        survey: What was seen.
        seconds: How long it took.
        environment: Variables of the environment.
        domains: DDS domains that programs of this machine take part in.
    """
    found = [_check_topic(topic) for topic in survey.topics]
    if not any(topic.is_image for topic in survey.topics):
        found.append(_no_images(survey, seconds, environment, domains))
    return found


def _check_topic(topic: SeenTopic) -> Finding:
    arrives = f"{topic.rate:.1f} Hz" if topic.rate is not None else f"{topic.received} received"
    text = f"{topic.type}, {arrives}{', ' if topic.size else ''}{topic.size}; from {', '.join(topic.publishers)}"
    if topic.is_image and not topic.calibrated:
        text += "; no camera_info beside it"
    if topic.received and not topic.problems:
        return Finding("OK", topic.name, text)
    text += "".join(f"; {problem.what}" for problem in topic.problems)
    cures = dict.fromkeys(problem.cure for problem in topic.problems if problem.cure)
    return Finding("WARN", topic.name, text, "; ".join(cures) or SILENT)


def _no_images(survey: Survey, seconds: float, environment: Mapping[str, str], domains: Collection[int]) -> Finding:
    here = domain(environment) or 0
    text = f"none with images within {seconds:.0f} s in domain {here}"
    text += f"; {survey.others} other topics of {len(survey.nodes)} nodes are seen" if survey.nodes else ", and no node"
    others = sorted(set(domains) - {here})
    if others:
        text += f"; programs of this machine use domain {', '.join(map(str, others))}"
        return Finding("WARN", "topics", text, "take the driver's domain", (f"export ROS_DOMAIN_ID={others[0]}",))
    if survey.nodes:
        return Finding("WARN", "topics", text, "is the camera's driver running? (ros2 node list)")
    return Finding("WARN", "topics", text, _reasons(environment))


def _reasons(environment: Mapping[str, str]) -> str:
    reasons = ["is the driver running, with the same ROS_DOMAIN_ID, ROS distribution and RMW_IMPLEMENTATION?"]
    if environment.get("ROS_LOCALHOST_ONLY") == "1" or "LOCALHOST" in environment.get(
        "ROS_AUTOMATIC_DISCOVERY_RANGE", ""
    ):
        reasons.append("If on another machine: discovery is confined to this one here, see 'ROS discovery'.")
    else:
        reasons.append("If on another machine: does the network let multicast through (ros2 multicast send, receive)?")
    reasons.append("If in a container: docker run --net=host --ipc=host")
    return " ".join(reasons)


def check_graph(seconds: float, environment: Mapping[str, str], domains: Collection[int]) -> list[Finding]:
    """Listen to the ROS graph in a process of its own, and say what is seen; arguments are those of `check_topics`."""
    from superpoint_ros.ros.runtime.topic_survey import survey_topics

    try:
        survey = run_apart(survey_topics, seconds, timeout_s=seconds + START_TIMEOUT_S)
    except SuperPointRosError as error:
        return [Finding("ERROR", "topics", f"ROS does not start: {error}", "see 'ROS' and 'ROS domain'")]
    return check_topics(survey, seconds, environment, domains)

"""A probe that talks to the player over real DDS."""

from helpers.ros_fixtures import d3, probe, start_node, weights

__all__ = ["d3", "probe", "start_node", "weights"]

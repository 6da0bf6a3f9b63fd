"""Nodes in processes of their own, and a probe that talks to them."""

from helpers.ros_fixtures import create_node, d3, probe, start_densify, start_node, stereo, weights

__all__ = ["create_node", "d3", "probe", "start_densify", "start_node", "stereo", "weights"]

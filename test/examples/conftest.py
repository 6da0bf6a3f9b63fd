"""A probe that talks to the nodes of examples over real DDS."""

from helpers.ros_fixtures import probe

__all__ = ["probe"]

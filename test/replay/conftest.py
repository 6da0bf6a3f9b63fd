"""A probe that talks to the player over real DDS."""

from helpers.ros_fixtures import probe

__all__ = ["probe"]

"""Tracks as VINS-Mono's estimator takes them, in place of its node feature_tracker.

Layout: vins_estimator/src/estimator_node.cpp and feature_tracker/src/feature_tracker_node.cpp of
HKUST-Aerial-Robotics/VINS-Mono.
"""

from __future__ import annotations

from sensor_msgs.msg import PointCloud
from std_msgs.msg import Header

from superpoint_ros.msg import Tracks
from superpoint_ros.ros.bridges.normalized_tracks import (
    ID_LIMIT,
    NormalizedTracks,
    message_to_normalized_tracks,
    point_cloud,
)

FEATURES_TOPIC = "/feature_tracker/feature"
RESTART_TOPIC = "/feature_tracker/restart"


def tracks_to_point_cloud(message: Tracks) -> PointCloud:
    """Convert tracks of one camera to VINS-Mono's features.

    Points are X/Z, Y/Z, 1; channels are the id modulo 2^24, the pixel and the velocity of the point [1/s]. As from
    its own tracker, a track begins with the second image that sees it: at the first it has no velocity. Tracks without
    finite normalized coordinates are left out.

    Raises:
        InputError: Arrays of different lengths, or no normalized coordinates.
    """
    return encode(message_to_normalized_tracks(message), message.header)


def encode(seen: NormalizedTracks, header: Header) -> PointCloud:
    """Make the features of tracks and their header, see `tracks_to_point_cloud`."""
    kept = seen.is_known & (seen.tracks.age > 1)
    (u, v), (velocity_x, velocity_y) = seen.tracks.xy[kept].T, seen.velocity[kept].T
    channels = {
        "id_of_point": seen.tracks.id[kept] % ID_LIMIT,
        "u": u,
        "v": v,
        "velocity_x": velocity_x,
        "velocity_y": velocity_y,
    }
    return point_cloud(seen.xy[kept], channels, header)

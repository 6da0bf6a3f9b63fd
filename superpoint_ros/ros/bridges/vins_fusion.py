"""Tracks as VINS-Fusion's estimator takes them, in place of its own tracker.

Layout: vins_estimator/src/rosNodeTest.cpp of HKUST-Aerial-Robotics/VINS-Fusion.
"""

from __future__ import annotations

import numpy as np
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
RESTART_TOPIC = "/vins_restart"


def tracks_to_point_cloud(message: Tracks) -> PointCloud:
    """Convert tracks of one camera to VINS-Fusion's features.

    Points are X/Z, Y/Z, 1; channels are the id modulo 2^24, the camera (0), the pixel, the velocity of the point [1/s],
    and three zeros: the true position of a simulated point, which is read wherever there are more than five channels.
    Tracks without finite normalized coordinates are left out.

    Raises:
        InputError: Arrays of different lengths, or no normalized coordinates.
    """
    return encode(message_to_normalized_tracks(message), message.header)


def encode(seen: NormalizedTracks, header: Header) -> PointCloud:
    """Make the features of tracks and their header, see `tracks_to_point_cloud`."""
    kept = seen.is_known
    (p_u, p_v), (velocity_x, velocity_y) = seen.tracks.xy[kept].T, seen.velocity[kept].T
    zero = np.zeros(len(p_u), np.float32)
    channels = {
        "feature_id": seen.tracks.id[kept] % ID_LIMIT,
        "camera_id": zero,
        "p_u": p_u,
        "p_v": p_v,
        "velocity_x": velocity_x,
        "velocity_y": velocity_y,
        "gx": zero,
        "gy": zero,
        "gz": zero,
    }
    return point_cloud(seen.xy[kept], channels, header)

"""Arrays -> PointCloud2."""

from __future__ import annotations

from array import array
from collections.abc import Mapping

import numpy as np
from sensor_msgs.msg import PointCloud2, PointField
from std_msgs.msg import Header


def columns_to_cloud(columns: Mapping[str, np.ndarray], header: Header) -> PointCloud2:
    """Make one unordered cloud of float32 fields from an array (N,) for each field."""
    packed = np.column_stack([np.asarray(column, np.float32) for column in columns.values()]).astype("<f4", copy=False)
    fields = [
        PointField(name=name, offset=4 * index, datatype=PointField.FLOAT32, count=1)
        for index, name in enumerate(columns)
    ]
    step = 4 * len(fields)
    return PointCloud2(
        header=header, height=1, width=len(packed), fields=fields, is_bigendian=False, point_step=step,
        row_step=step * len(packed), data=array("B", packed.tobytes()), is_dense=bool(np.isfinite(packed).all()),
    )  # fmt: skip

"""Arrays -> PointCloud2."""

from __future__ import annotations

from array import array
from collections.abc import Mapping

import numpy as np
from sensor_msgs.msg import PointCloud2, PointField
from std_msgs.msg import Header

FLOAT = ("<f4", PointField.FLOAT32)
# Kind of a NumPy type: how a field of it is packed, and what the message calls that; of any other kind it is FLOAT.
PACKING = {"i": ("<i4", PointField.INT32), "u": ("<u4", PointField.UINT32)}


def columns_to_cloud(columns: Mapping[str, np.ndarray], header: Header) -> PointCloud2:
    """Make one unordered cloud from an array (N,) for each field; its fields are float32, or 32-bit integers."""
    arrays = {name: np.asarray(column) for name, column in columns.items()}
    packing = {name: PACKING.get(one.dtype.kind, FLOAT) for name, one in arrays.items()}
    packed = np.empty(len(next(iter(arrays.values()))), [(name, kind) for name, (kind, _) in packing.items()])
    for name, one in arrays.items():
        packed[name] = one
    fields = [
        PointField(name=name, offset=4 * index, datatype=datatype, count=1)
        for index, (name, (_, datatype)) in enumerate(packing.items())
    ]
    step = packed.itemsize
    return PointCloud2(
        header=header, height=1, width=len(packed), fields=fields, is_bigendian=False, point_step=step,
        row_step=step * len(packed), data=array("B", packed.tobytes()),
        is_dense=all(bool(np.isfinite(packed[name]).all()) for name in arrays),
    )  # fmt: skip

"""Recorded bytes of ROS 1 or ROS 2 -> CDR as ROS 2 has it, so that whatever reads them needs to know ROS 2 alone."""

from __future__ import annotations

from array import array
from contextlib import suppress
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
from rosbags.interfaces import Nodetype
from rosbags.typesys import Stores, get_types_from_msg, get_typestore
from rosbags.typesys.store import Typestore

# ROS 1's name: ROS 2's.
RENAMED = {"tf/msg/tfMessage": "tf2_msgs/msg/TFMessage"}
TEXTS = ("string", "wstring")
BYTES = {"byte": "uint8", "char": "uint8"}


def message_to_cdr(message: Any, types: Typestore) -> bytes:
    """Serialize a message of ROS's own classes; unlike the middleware's own bytes, those of padding are always 0."""
    name = type_name(message)
    return bytes(types.serialize_cdr(_recorded(message, types), name))


def type_name(message: Any) -> str:
    """Return the name of the type of a message of ROS's own classes: "sensor_msgs/msg/Image"."""
    return "/".join((*type(message).__module__.split(".")[:2], type(message).__name__))


def _recorded(message: Any, types: Typestore) -> Any:
    kind: Any = types.types[type_name(message)]
    return kind(**{
        field.name: _recorded_value(getattr(message, field.name), types)
        for field in fields(kind) if field.name != "__msgtype__"
    })  # fmt: skip


def _recorded_value(value: Any, types: Typestore) -> Any:
    if isinstance(value, array):
        return np.asarray(value)
    if isinstance(value, list):
        return [_recorded_value(one, types) for one in value]
    return _recorded(value, types) if hasattr(value, "get_fields_and_field_types") else value


class Ros2Messages:
    """Bring the messages of a ROS 1 bag into ROS 2's form.

    Args:
        source: The types of the bag.
    """

    def __init__(self, source: Typestore):
        self._source = source
        self.types = get_typestore(Stores.LATEST)

    def name(self, msgtype: str) -> str:
        """Return the name of a type in ROS 2."""
        return RENAMED.get(msgtype, msgtype)

    def learn(self, msgtype: str, definition: str) -> bool:
        """Make a type known that ROS does not have; tell whether it is known then."""
        with suppress(Exception):  # the parser raises what it likes on a damaged definition
            found = get_types_from_msg(definition, msgtype)
            for types in (self._source, self.types):
                types.register({name: one for name, one in found.items() if name not in types.types})
        return msgtype in self._source.types and self.name(msgtype) in self.types.types

    def to_cdr(self, data: bytes, msgtype: str) -> bytes:
        """Convert the bytes of a ROS 1 message; fields that only ROS 2 has are zero.

        Raises:
            Exception: They are not of that type; rosbags raises what it likes.
        """
        message = self._source.deserialize_ros1(data, msgtype)
        return bytes(self.types.serialize_cdr(self._converted(message, msgtype), self.name(msgtype)))

    def _converted(self, message: Any, msgtype: str) -> Any:
        """Copy a message field by field; ROS 1 writes some names in capitals, and has `seq`, which ROS 2 has not."""
        old = {name.lower(): getattr(message, name) for name, _ in self._source.fielddefs[msgtype][1]}
        new = self.name(msgtype)
        return self.types.types[new](**{
            name: self._value(old[name.lower()]) if name.lower() in old else zero(kind, self.types)
            for name, kind in self.types.fielddefs[new][1]
        })  # fmt: skip

    def _value(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._value(one) for one in value]
        return self._converted(value, vars(type(value))["__msgtype__"]) if is_dataclass(value) else value


def zero(kind: tuple[Nodetype, Any], types: Typestore) -> Any:
    """Return what a field of a message is before anything is written to it: 0, "", or empty.

    Args:
        kind: The field's type, as rosbags describes it.
        types: Know the messages that it may hold.
    """
    node, detail = kind
    if node == Nodetype.NAME:
        return types.types[detail](**{name: zero(one, types) for name, one in types.fielddefs[detail][1]})
    if node == Nodetype.BASE:
        return "" if detail[0] in TEXTS else _zeros(detail[0], 1).item()
    (element_node, element), length = detail if node == Nodetype.ARRAY else (detail[0], 0)
    if element_node == Nodetype.BASE and element[0] not in TEXTS:
        return _zeros(element[0], length)
    return [zero((element_node, element), types) for _ in range(length)]


def _zeros(kind: str, length: int) -> np.ndarray:
    return np.zeros(length, BYTES.get(kind, kind))

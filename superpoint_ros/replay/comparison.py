"""Two bags compared message by message and field by field: a regression test for whoever records what nodes send."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from itertools import zip_longest
from typing import Any

import numpy as np

from superpoint_ros.replay.bag_reader import BagMessage, BagReader


@dataclass(frozen=True)
class Difference:
    """Hold what differs between two messages of one topic.

    Attributes:
        topic: Topic of both.
        number: Number of the message in its topic, from 0.
        text: Field and both values, for people to read.
    """

    topic: str
    number: int
    text: str


def compare_bags(first: BagReader, second: BagReader, tolerances: Mapping[str, float] = {}) -> Iterator[Difference]:
    """Find what differs: topics, numbers of messages, times of recording, and the values of every field.

    Args:
        first: One bag.
        second: The other.
        tolerances: Largest absolute difference of numbers that counts as none, by name of the field ("x", "score"); "*"
            = all others. Without one, values must be equal; NaN equals NaN.
    """
    topics = set(first.all_topics()) | set(second.all_topics())
    for topic in sorted(topics):
        pairs = zip_longest(first.messages([topic]), second.messages([topic]))
        for number, (one, other) in enumerate(pairs):
            yield from (Difference(topic, number, text) for text in _differences(one, other, tolerances))


def _differences(one: BagMessage | None, other: BagMessage | None, tolerances: Mapping[str, float]) -> Iterator[str]:
    if one is None or other is None:
        yield f"is in the {'second' if one is None else 'first'} bag alone"
        return
    if one.received != other.received:
        yield f"recorded at {one.received} and {other.received} ns"
    if one.data == other.data:
        return
    if one.content is None or other.content is None:
        yield f"bytes differ, and cannot be read: {one.problem or other.problem}"
        return
    yield from _field_differences(one.content, other.content, "", tolerances)


def _field_differences(one: Any, other: Any, path: str, tolerances: Mapping[str, float]) -> Iterator[str]:
    if is_dataclass(one) and type(one).__name__ == type(other).__name__:
        for field in fields(one):
            if field.name != "__msgtype__":
                name = f"{path}.{field.name}" if path else field.name
                yield from _field_differences(getattr(one, field.name), getattr(other, field.name), name, tolerances)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, pair in enumerate(zip(one, other, strict=True)):
            yield from _field_differences(*pair, f"{path}[{index}]", tolerances)
    elif text := _value_difference(one, other, _tolerance(path, tolerances)):
        yield f"{path}: {text}"


def _tolerance(path: str, tolerances: Mapping[str, float]) -> float:
    name = path.rpartition(".")[2].partition("[")[0]
    return tolerances.get(path, tolerances.get(name, tolerances.get("*", 0.0)))


def _value_difference(one: Any, other: Any, tolerance: float) -> str:
    """Say how two values differ; "" where they do not."""
    if not isinstance(one, (np.ndarray, int, float)) or isinstance(one, bool):
        return "" if one == other else f"{one!r} and {other!r}"
    first, second = np.asarray(one), np.asarray(other)
    if first.shape != second.shape:
        return f"{first.size} and {second.size} values"
    with np.errstate(invalid="ignore", over="ignore"):
        apart = np.abs(first.astype(np.float64) - second.astype(np.float64)) > tolerance
    differs = (apart | (np.isnan(first) != np.isnan(second)) | (np.isinf(first) & (first != second))).ravel()
    if not differs.any():
        return ""
    index = int(differs.argmax())
    values = f"{first.ravel()[index]} and {second.ravel()[index]}"
    return values if first.ndim == 0 else f"{int(differs.sum())} of {first.size} values, first [{index}]: {values}"

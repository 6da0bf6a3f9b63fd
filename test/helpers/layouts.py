"""What the layouts of RViz and Foxglove in config/ show: topics, and the types that their displays take."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

IMAGES = frozenset({"sensor_msgs/msg/Image"})
CLOUDS = frozenset({"sensor_msgs/msg/PointCloud2"})
RVIZ_DISPLAYS = {"rviz_default_plugins/Image": IMAGES, "rviz_default_plugins/PointCloud2": CLOUDS}
FOXGLOVE_IMAGES = IMAGES | {"sensor_msgs/msg/CompressedImage"}
DIAGNOSTICS = frozenset({"diagnostic_msgs/msg/DiagnosticArray"})


def shown_topics(layout: Path) -> dict[str, frozenset[str]]:
    """The topics of a layout, each with the types that its display takes; an unknown display is a KeyError."""
    text = layout.read_text(encoding="utf-8")
    return dict(_rviz(yaml.safe_load(text)) if layout.suffix == ".rviz" else _foxglove(json.loads(text)))


def _rviz(document: Any) -> Iterator[tuple[str, frozenset[str]]]:
    for display in document["Visualization Manager"]["Displays"]:
        yield display["Topic"]["Value"], RVIZ_DISPLAYS[display["Class"]]


def _foxglove(document: Any) -> Iterator[tuple[str, frozenset[str]]]:
    panels = document["configById"]
    assert set(_leaves(document["layout"])) == set(panels)
    for name, panel in panels.items():
        kind = name.split("!")[0]
        if kind == "Image":
            yield panel["imageMode"]["imageTopic"], FOXGLOVE_IMAGES
        elif kind == "3D":
            yield from dict.fromkeys(panel["topics"], CLOUDS).items()
        else:
            yield panel["topicToRender"], {"DiagnosticSummary": DIAGNOSTICS}[kind]


def _leaves(layout: Any) -> list[str]:
    return [layout] if isinstance(layout, str) else _leaves(layout["first"]) + _leaves(layout["second"])

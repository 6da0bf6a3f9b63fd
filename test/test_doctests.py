"""The examples in docstrings: each public class has one, and it does what it says."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re

import numpy as np
import pytest

import superpoint_ros

PARTS = ("core", "networks", "inference")
FINDER = doctest.DocTestFinder(exclude_empty=True)


def modules() -> list[str]:
    found = ["superpoint_ros"]
    for part in PARTS:
        package = importlib.import_module(f"superpoint_ros.{part}")
        found += [module.name for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
    return [name for name in found if not {"openvino", "onnx"} & set(re.split(r"[._]", name))]


def examples(name: str) -> list[doctest.DocTest]:
    module = importlib.import_module(name)
    found = FINDER.find(module, name, module, extraglobs={"np": np, "__name__": name})
    return [example for example in found if example.examples]


@pytest.mark.parametrize("name", [name for name in modules() if examples(name)])
def test_the_examples_of_a_module_are_right(name):
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    for example in examples(name):
        report: list[str] = []
        assert runner.run(example, out=report.append).failed == 0, "".join(report)


@pytest.mark.parametrize("name", superpoint_ros.__all__)
def test_every_public_name_is_documented_with_an_example(name):
    if name == "__version__":
        return
    documented = getattr(superpoint_ros, name)
    assert documented.__doc__
    # Shown in the examples of what makes or takes them.
    elsewhere = {"DenseDepth", "Matches", "StereoDepth", "StereoRig", "SuperPointRosError", "triangulate"}
    assert (">>>" in documented.__doc__) != (name in elsewhere)

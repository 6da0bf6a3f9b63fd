"""Mutation testing: how many small faults, put into a module one at a time, its own tests find.

    python benchmarks/mutation.py superpoint_ros/core/stereo.py test/core/test_stereo.py

Every comparison, arithmetic and boolean operator, and number is changed once, and the tests run on each change in a
process of their own that is forked after NumPy, OpenCV and pytest are loaded. Survivors are printed with their line.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib.abc
import importlib.machinery
import io
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from types import ModuleType

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult,
    ast.Pow: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.MatMult: ast.Add,
}  # fmt: skip


def changes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the changed copies of one node."""
    if isinstance(node, ast.Compare):
        for index, operator in enumerate(node.ops):
            changed = copy.deepcopy(node)
            changed.ops[index] = COMPARISONS[type(operator)]()
            yield changed
    elif isinstance(node, (ast.BinOp, ast.AugAssign)) and type(node.op) in OPERATORS:
        calculated = copy.deepcopy(node)
        calculated.op = OPERATORS[type(node.op)]()
        yield calculated
    elif isinstance(node, ast.BoolOp):
        joined = copy.deepcopy(node)
        joined.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield joined
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Not, ast.Invert)):
        yield copy.deepcopy(node.operand)
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        yield ast.Constant(node.value + 1)


def mutants(tree: ast.Module) -> Iterator[tuple[int, str, ast.Module]]:
    """Yield (line, change in words, changed module); annotations are left alone."""
    for parent, field, index, node in list(places(tree)):
        for changed in changes(node):
            ast.copy_location(changed, node)
            replace(parent, field, index, changed)
            words = f"{ast.unparse(node)}  ->  {ast.unparse(changed)}"
            yield getattr(node, "lineno", 0), words, ast.fix_missing_locations(tree)
            replace(parent, field, index, node)


def places(node: ast.AST) -> Iterator[tuple[ast.AST, str, int | None, ast.AST]]:
    """Yield every node below one as (parent, field, index in the field, node)."""
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list") or isinstance(node, ast.Import):
            continue
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(child, ast.AST):
                yield node, field, index, child
                yield from places(child)


def replace(parent: ast.AST, field: str, index: int | None, node: ast.AST) -> None:
    """Put a node into a place that `places` gave."""
    if index is None:
        setattr(parent, field, node)
    else:
        getattr(parent, field)[index] = node


class Loader(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Import one module from a syntax tree."""

    def __init__(self, name: str, path: Path, tree: ast.Module):
        self.name, self.path, self.tree = name, path, tree

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Find the module by its name; see importlib."""
        return importlib.machinery.ModuleSpec(fullname, self, origin=str(self.path)) if fullname == self.name else None

    def exec_module(self, module: ModuleType) -> None:
        """Run the changed module; see importlib."""
        exec(compile(self.tree, str(self.path), "exec"), module.__dict__)


def run_tests(name: str, path: Path, tree: ast.Module, tests: list[str]) -> None:
    """Run the tests on the changed module and end the process: 0 = they passed."""
    import pytest
    from hypothesis import Phase, settings

    # A fault needs only be found, not made small; most are by the first few examples.
    phases = (Phase.explicit, Phase.generate)
    settings.register_profile("mutation", deadline=None, derandomize=True, phases=phases, max_examples=30)
    sys.meta_path.insert(0, Loader(name, path, tree))
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        plugins = ["-p", "no:cacheprovider", "-p", "no:randomly", "--hypothesis-profile=mutation"]
        code = pytest.main(["-x", "-q", "--no-header", "--tb=no", *plugins, *tests])
    os._exit(int(code))


def survives(context: multiprocessing.context.ForkContext, arguments: tuple[object, ...], limit: float) -> bool:
    """Return whether the tests pass on a change; a test that hangs has found it."""
    process = context.Process(target=run_tests, args=arguments)
    process.start()
    process.join(limit)
    if process.is_alive():
        process.kill()
        process.join()
        return False
    return process.exitcode == 0


def main() -> int:
    """Print the survivors of one module, and the share that was killed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("module", type=Path, help="Source file of the module.")
    parser.add_argument("tests", nargs="+", help="Test files that are to find the faults.")
    parser.add_argument("--time-limit", type=float, default=60.0, help="Seconds for the tests on one change.")
    parser.add_argument("--part", default="1/1", help="Part of the changes: 2/3 = every third from the second on.")
    parser.add_argument("--lines", default="1-1000000", help="Lines to change: 20-40 = from 20 to 40.")
    arguments = parser.parse_args()
    first, last = map(int, arguments.lines.split("-"))
    part, parts = map(int, arguments.part.split("/"))
    import cv2  # noqa: F401  (loaded once, before the processes are forked)
    import hypothesis.extra.numpy  # noqa: F401
    import torch  # noqa: F401

    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    name = ".".join(arguments.module.with_suffix("").parts)
    source = arguments.module.read_text(encoding="utf-8")
    context = multiprocessing.get_context("fork")
    if not survives(context, (name, arguments.module, ast.parse(source), arguments.tests), 600.0):
        sys.exit(f"the tests of {name} fail without any change")
    killed = total = 0
    start = time.monotonic()
    for number, (line, words, tree) in enumerate(mutants(ast.parse(source))):
        if number % parts != part - 1 or not first <= line <= last:
            continue
        total += 1
        if survives(context, (name, arguments.module, tree, arguments.tests), arguments.time_limit):
            print(f"  survives: line {line}: {words}", flush=True)
        else:
            killed += 1
    print(
        f"{name}: {killed} of {total} killed ({100 * killed / max(total, 1):.0f} %), {time.monotonic() - start:.0f} s"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())

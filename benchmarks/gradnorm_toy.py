"""GradNorm on the toy problem of its paper, beside equal weights and uncertainty weighting: a curve and its numbers.

python benchmarks/gradnorm_toy.py --steps 2000 --output output
"""

from __future__ import annotations

import argparse
import json
import platform
from dataclasses import asdict
from pathlib import Path

import matplotlib
import numpy as np
import torch
from toy_problem import METHODS, ToyCurve, ToyOptions, run_toy

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes


def run_all(tasks: int, steps: int, seed: int) -> tuple[ToyOptions, dict[str, ToyCurve]]:
    """Every method on the problem of so many tasks, sigma from 1 to 100 in equal ratios."""
    options = ToyOptions(scales=tuple(np.geomspace(1.0, 100.0, tasks).tolist()), steps=steps, seed=seed)
    return options, {method: run_toy(method, options) for method in METHODS}


def draw(axes: Axes, tasks: int, curves: dict[str, ToyCurve]) -> None:
    """One panel: the sum of normalized losses over steps."""
    for method, curve in curves.items():
        axes.plot(curve.step, curve.loss, label=method)
    axes.set(title=f"T = {tasks}", xlabel="step", ylabel="sum of L(t) / L(0), held out")
    axes.legend()


def main() -> None:
    """Write gradnorm_toy.json and gradnorm_toy.png."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, nargs="+", default=[2, 10])
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=Path("output"))
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    figure, panels = plt.subplots(1, len(arguments.tasks), figsize=(6 * len(arguments.tasks), 4), squeeze=False)
    results = []
    for axes, tasks in zip(panels[0], arguments.tasks, strict=True):
        options, curves = run_all(tasks, arguments.steps, arguments.seed)
        draw(axes, tasks, curves)
        for method, curve in curves.items():
            values = {"step": curve.step.tolist(), "loss": curve.loss.tolist(), "weights": curve.weights.tolist()}
            results.append({"method": method, "options": asdict(options), **values})
            print(f"T={tasks} {method}: {curve.loss[-1]:.3f}")
    figure.savefig(arguments.output / "gradnorm_toy.png", dpi=120, bbox_inches="tight")
    record = {"machine": platform.processor() or platform.machine(), "torch": torch.__version__, "runs": results}
    (arguments.output / "gradnorm_toy.json").write_text(json.dumps(record))


if __name__ == "__main__":
    main()

"""The processor: which instructions make the networks fast, and how much of it this process may use."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from pathlib import Path

from superpoint_ros.bench.provenance import machine
from superpoint_ros.doctor.finding import Finding

# What makes the networks fast -> flags of /proc/cpuinfo, of which one is enough.
X86_FEATURES = {
    "AVX2": {"avx2"},
    "AVX-512": {"avx512f"},
    "VNNI": {"avx512_vnni", "avx_vnni"},
    "bfloat16": {"avx512_bf16", "amx_bf16"},
    "AMX": {"amx_tile"},
}
ARM_FEATURES = {"dot product": {"asimddp"}, "int8 matrices": {"i8mm"}, "bfloat16": {"bf16"}}
# Which of them each precision gains by.
NEEDED_BY = {"int8": ("VNNI", "dot product"), "bfloat16": ("bfloat16",)}


def processor_features(cpuinfo: str) -> dict[str, bool]:
    """Tell which features a processor has.

    >>> processor_features("Features : fp asimd asimddp")
    {'dot product': True, 'int8 matrices': False, 'bfloat16': False}

    Args:
        cpuinfo: Text of /proc/cpuinfo.

    Returns:
        Whether it is there, by the feature's name; {} where the text does not tell.
    """
    for line in cpuinfo.splitlines():
        key, _, value = line.partition(":")
        if key.strip() in ("flags", "Features"):
            table = X86_FEATURES if key.strip() == "flags" else ARM_FEATURES
            flags = set(value.split())
            return {name: bool(any_of & flags) for name, any_of in table.items()}
    return {}


def check_processor(features: Mapping[str, bool], model: str) -> Finding:
    """Say which of the features that make the networks fast the processor has.

    Args:
        features: As `processor_features` returns them.
        model: Name of the processor.
    """
    if not features:
        return Finding("OK", "processor", f"{model}; its instructions are not known")
    has, lacks = ([name for name, there in features.items() if there is wanted] for wanted in (True, False))
    text = f"{model}: has {', '.join(has) or 'none of what makes networks fast'}"
    text += f"; no {', '.join(lacks)}" if lacks else ""
    slow = [kind for kind, needed in NEEDED_BY.items() if not any(features.get(name) for name in needed)]
    text += f"; {' and '.join(slow)} gain less than in docs/backends.md" if slow else ""
    if features.get("AVX2", True):
        return Finding("OK", "processor", text)
    return Finding("WARN", "processor", text, "without AVX2 the networks are slow: lower max_image_size and the rate")


def read_cpu_quota(root: Path = Path("/")) -> float | None:
    """Read how many processors the control groups of this process (a container's limit) let it use at once.

    Args:
        root: Folder that holds proc/ and sys/.

    Returns:
        The smallest limit, 1.5 for example; None where there is none.
    """
    limits = []
    for line in _read(root / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        base = root / "sys/fs/cgroup"
        if controllers and "cpu" not in controllers.split(","):
            continue
        base = base / "cpu" if controllers else base
        group = base / path.strip("/")
        for folder in (group, *group.parents):
            limits.append(_limit(folder, version=1 if controllers else 2))
            if folder == base:
                break
    return min((limit for limit in limits if limit), default=None)


def _limit(folder: Path, version: int) -> float | None:
    """Read the limit of one control group: "max 100000", "150000 100000"; of version 1 in two files, -1 = none."""
    names = ("cpu.max",) if version == 2 else ("cpu.cfs_quota_us", "cpu.cfs_period_us")
    words = " ".join(_read(folder / name) for name in names).split()
    if len(words) != 2 or not all(word.isdigit() for word in words):
        return None
    return int(words[0]) / int(words[1])


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""


def check_threads(cores: int, usable: int, quota: float | None, environment: Mapping[str, str]) -> Finding:
    """Say how many threads the networks get, and whether a container's limit holds them back.

    Args:
        cores: Processor threads of the machine.
        usable: Those that this process may run on.
        quota: How many it may use at once, see `read_cpu_quota`.
        environment: Variables of the environment.
    """
    asked = environment.get("OMP_NUM_THREADS", "")
    threads = int(asked) if asked.isdigit() and int(asked) else usable
    text = f"{usable} of {cores} CPU threads may be used"
    text += f"; OMP_NUM_THREADS={asked}" if asked else ""
    if quota is None or quota >= threads:
        return Finding("OK", "threads", text)
    allowed = max(1, math.floor(quota))
    text += f", but the control group (a container's limit) allows {quota:g} at once: {threads} threads are held back"
    cure = "let the networks start as many threads as may run (parameter threads, or the variable for all of them), "
    cure += "or give the container whole CPUs (docker run --cpuset-cpus) instead of a share of all (--cpus)"
    return Finding("WARN", "threads", text, cure, (f"export OMP_NUM_THREADS={allowed}",))


def usable_threads() -> int:
    """Count the CPU threads that this process may run on; all of them where the system does not tell."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def check_this_processor() -> list[Finding]:
    """Check the processor of this machine."""
    features = processor_features(_read(Path("/proc/cpuinfo")))
    threads = check_threads(os.cpu_count() or 1, usable_threads(), read_cpu_quota(), os.environ)
    return [check_processor(features, machine()["cpu"]), threads]

"""Prints 'prefix;site-packages' of the Python environment that holds ament_cmake: for builds without a distribution."""

import importlib.util
import sys
from pathlib import Path

specification = importlib.util.find_spec("ament_package")
if specification is None or specification.origin is None:
    sys.exit("ament_package is not in this Python environment: build with pip, or source a ROS 2 distribution")
site_packages = Path(specification.origin).resolve().parents[1]
prefix = next((path for path in site_packages.parents if (path / "share" / "ament_cmake" / "cmake").is_dir()), None)
if prefix is None:
    sys.exit(f"no share/ament_cmake above {site_packages}: is ros-ament-cmake installed?")
sys.stdout.write(f"{prefix};{site_packages}")

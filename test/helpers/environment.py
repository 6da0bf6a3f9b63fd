"""An environment like this one, without some of its packages."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path


class Environment:
    """A virtual environment in a folder, with links to what is installed here, some packages left out.

    Args:
        folder: Where it is made.
        without: How the names of what is left out begin.
    """

    def __init__(self, folder: Path, without: tuple[str, ...]):
        venv.create(folder, symlinks=True)
        self.folder, self.python = folder, folder / "bin" / "python"
        packages = next((folder / "lib").glob("python*")) / "site-packages"
        for entry in Path(sysconfig.get_path("purelib")).iterdir():
            if not entry.name.startswith(without) and not (packages / entry.name).exists():
                (packages / entry.name).symlink_to(entry)
        share = {"AMENT_PREFIX_PATH": os.environ.get("AMENT_PREFIX_PATH", sys.prefix)}
        self.variables = os.environ | share | {"OMP_NUM_THREADS": "1"}

    def run(self, *words: object) -> subprocess.CompletedProcess[str]:
        """Run its interpreter with these arguments."""
        command = [str(self.python), *map(str, words)]
        return subprocess.run(
            command, cwd=self.folder, env=self.variables, capture_output=True, text=True, timeout=240, check=False
        )

    def start(self, *words: object) -> subprocess.Popen[str]:
        """Start its interpreter with these arguments; what it prints goes to one pipe."""
        command = [str(self.python), *map(str, words)]
        return subprocess.Popen(
            command, cwd=self.folder, env=self.variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

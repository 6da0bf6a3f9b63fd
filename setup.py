"""The setuptools door: `python setup.py install` and `bdist_wheel`, through pip and the one build in pyproject.toml."""

import subprocess
import sys
from pathlib import Path

from setuptools import Command, setup


class PipCommand(Command):
    """Runs pip on this folder in the environment of the interpreter that runs setup.py."""

    user_options = (("dist-dir=", "d", "folder the wheel is put into"),)
    words: tuple[str, ...] = ("install",)

    def initialize_options(self) -> None:
        self.dist_dir = "dist"

    def finalize_options(self) -> None:
        pass

    def run(self) -> None:
        words = [word.format(dist_dir=self.dist_dir) for word in self.words]
        subprocess.check_call([sys.executable, "-m", "pip", *words, str(Path(__file__).resolve().parent)])


class BuildWheel(PipCommand):
    words = ("wheel", "--no-deps", "--wheel-dir", "{dist_dir}")


if __name__ == "__main__":
    setup(cmdclass={"install": PipCommand, "bdist_wheel": BuildWheel})

"""Print what a shell reads to complete the words of `superpoint-ros`."""

from __future__ import annotations

import argparse

PROGRAM = "superpoint-ros"
# argcomplete's code for bash serves zsh, once zsh's own completion and its imitation of bash's are there.
PREPARE = {"bash": "", "zsh": "autoload -Uz compinit bashcompinit && compinit && bashcompinit\n"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the name of the shell."""
    parser.add_argument("shell", choices=PREPARE, help='put eval "$(superpoint-ros completion SHELL)" into ~/.SHELLrc')


def run(arguments: argparse.Namespace) -> int:
    """Print the code.

    Raises:
        MissingExtraError: argcomplete is not installed, or too old.
    """
    from superpoint_ros.core.errors import MissingExtraError

    try:
        from argcomplete.shell_integration import shellcode
    except ImportError as error:
        raise MissingExtraError("needs a newer argcomplete: pip install 'argcomplete>=1.12'") from error
    print(PREPARE[arguments.shell] + shellcode([PROGRAM], shell="bash"))
    return 0

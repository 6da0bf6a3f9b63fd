"""Errors by name."""

from __future__ import annotations

import errno
import os

import pytest

from superpoint_ros.core import errors


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "a/b.npz"), "'a/b.npz': no space left on device"),
        (OSError(errno.EACCES, os.strerror(errno.EACCES)), "permission denied"),
        (OSError("Disk gone"), "disk gone"),
    ],
)
def test_what_the_operating_system_refuses_is_said_with_the_file(error, words):
    assert errors.describe_os_error(error) == words


def test_every_error_is_one_of_the_package():
    named = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, Exception)]
    assert all(issubclass(one, errors.SuperPointRosError) for one in named)
    assert all(one.__doc__ for one in named)

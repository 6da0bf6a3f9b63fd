import os
import subprocess
import sys

import pytest

from superpoint_ros.core.products import keep_products_on_one_thread


def test_the_environment_has_the_last_word(monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "7")
    keep_products_on_one_thread()
    assert os.environ["OPENBLAS_NUM_THREADS"] == "7"
    monkeypatch.delenv("OPENBLAS_NUM_THREADS")
    keep_products_on_one_thread()
    assert os.environ["OPENBLAS_NUM_THREADS"] == "1"


@pytest.mark.parametrize("module", ["superpoint_ros.cli.main", "superpoint_ros.ros.runtime.program"])
def test_programs_come_so_far_without_numpy(module):
    code = f"import sys, {module}; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_products_start_no_threads():
    code = """
from superpoint_ros.core.products import keep_products_on_one_thread
keep_products_on_one_thread()
import os
import numpy as np
square = np.ones((500, 500), np.float32)
square @ square
print(len(os.listdir("/proc/self/task")))
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["1"]

import re
from pathlib import Path

from superpoint_ros.doctor.dependencies import (
    REQUIRED,
    check_dependencies,
    check_python,
    failed_imports,
    installed_version,
)

PROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"


def test_python_and_the_package_are_named():
    finding = check_python()
    assert finding.level == "OK"
    assert "Python 3." in finding.text
    assert "superpoint_ros 0." in finding.text


def test_the_version_of_the_first_that_is_installed():
    assert installed_version("no-such-distribution", "numpy") == installed_version("numpy")
    assert installed_version("no-such-distribution") is None


def test_what_is_required_is_what_pip_installs():
    text = PROJECT.read_text(encoding="utf-8")
    (listed,) = re.findall(r"^dependencies = \[(.*?)^\]", text, re.DOTALL | re.MULTILINE)
    names = set(re.findall(r'"([a-z-]+)>=', listed))
    assert names - set(REQUIRED.values()) == {"argcomplete", "openvino", "rosbags", "rosbags-image"}
    assert set(REQUIRED.values()) <= names


def test_missing_and_broken_modules_are_told_apart(tmp_path, monkeypatch):
    (tmp_path / "broken_module.py").write_text("raise ImportError('libGL.so.1: cannot open\\nshared object file')")
    monkeypatch.syspath_prepend(tmp_path)
    failed = failed_imports({"numpy": "numpy", "no_module": "none", "broken_module": "broken"})
    assert failed == {
        "no_module": "ModuleNotFoundError: No module named 'no_module'",
        "broken_module": "ImportError: libGL.so.1: cannot open",
    }


def test_all_that_fails_is_one_finding_with_one_command():
    assert check_dependencies({}).level == "OK"
    finding = check_dependencies({"cv2": "ImportError: libGL.so.1", "safetensors": "ModuleNotFoundError: no"})
    assert finding.level == "ERROR"
    assert "cv2 cannot be imported (ImportError: libGL.so.1); safetensors cannot" in finding.text
    assert finding.commands[0].endswith("-m pip install opencv-python-headless safetensors")

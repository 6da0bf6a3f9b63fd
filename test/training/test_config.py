from pathlib import Path

import pytest

import superpoint_ros.training
from superpoint_ros.training.config import ConfigError, load_config
from superpoint_ros.training.superpoint.config import AdaptationConfig, MagicPointConfig, SuperPointConfig

CONFIGS = Path(superpoint_ros.training.__file__).parent / "configs"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("magicpoint", MagicPointConfig),
        ("magicpoint_cpu", MagicPointConfig),
        ("magicpoint_long", MagicPointConfig),
        ("adaptation", AdaptationConfig),
        ("adaptation_cpu", AdaptationConfig),
        ("superpoint", SuperPointConfig),
        ("superpoint_cpu", SuperPointConfig),
        ("superpoint_avx2", SuperPointConfig),
        ("superpoint_precise", SuperPointConfig),
        ("superpoint_wide", SuperPointConfig),
        ("superpoint_lite", SuperPointConfig),
    ],
)
def test_the_bundled_configurations_can_be_read(name, kind):
    load_config(kind, CONFIGS / f"{name}.yaml")


def test_values_and_overrides(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("size: [64, 80]\nbatch: 3\nloop: {steps: 5, learning_rate: 1}\n")
    with pytest.raises(ConfigError, match="learning_rate"):
        load_config(MagicPointConfig, path)
    config = load_config(MagicPointConfig, path, ["loop.learning_rate=5e-1", "warp.rotation=10", "batch=4"])
    assert config.size == (64, 80)
    assert (config.batch, config.loop.steps, config.loop.learning_rate, config.warp.rotation) == (4, 5, 0.5, 10.0)
    assert config.validation_images == MagicPointConfig().validation_images


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("bach=3", "unknown key 'bach'; known: size, batch"),
        ("batch=many", "batch='many' is not of type int"),
        ("batch=true", "batch=True is not of type int"),
        ("batch=0", "batch=0 is not between 1 and"),
        ("size=[120]", "size=[120] has 1 values, not 2"),
        ("size=[120, 165]", "size=[120, 165] must be multiples of 8"),
        ("loop=3", "loop: expected a mapping"),
        ("warp.crop=2.0", "warp: crop=2.0 is not between 0.01 and 1"),
        ("photometric.gamma=0.5", "gamma=0.5"),
        ("loop.precision=fp8", "precision='fp8' is not one of 'bf16-mixed', '32-true'"),
        ("batch", "expected key=value"),
        ("batch.x=1", "'batch' has no keys below it"),
        ("size=[120", "'size=[120': the value is not YAML"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, assignment, message):
    path = tmp_path / "config.yaml"
    path.write_text("batch: 3\n")
    with pytest.raises(ConfigError) as error:
        load_config(MagicPointConfig, path, [assignment])
    assert message in str(error.value)


def test_unreadable_files_are_named(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.yaml"):
        load_config(MagicPointConfig, tmp_path / "none.yaml")
    broken = tmp_path / "broken.yaml"
    broken.write_text("a: [1")
    with pytest.raises(ConfigError, match=r"broken\.yaml"):
        load_config(MagicPointConfig, broken)

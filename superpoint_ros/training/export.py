"""Write trained networks as weights to bundle: batch norm folded in, a card beside the file."""

from __future__ import annotations

import platform
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
import yaml
from torch import Tensor

from superpoint_ros.core.errors import CheckpointError
from superpoint_ros.core.files import written_whole
from superpoint_ros.networks.checkpoint import save_checkpoint
from superpoint_ros.networks.d3 import without_batch_norm
from superpoint_ros.networks.d3_checkpoint import save_d3
from superpoint_ros.networks.torch_weights import to_weights
from superpoint_ros.training.loop import Trainer
from superpoint_ros.training.superpoint.batch_norm import fold_batch_norm

CARD = """# {name}

| | |
|---|---|
| file | `{file}`, float16, {megabytes:.1f} MB |
| sha256 | `{sha256}` |
| layout | {layout} |
| trained on | {trained_on} |
| hardware | {hardware} |
| software | torch {torch} |

## Recipe

```yaml
{recipe}```

## Validation during training

{validation}
"""


def load_trained_state(path: Path) -> dict[str, Tensor]:
    """Read the state of the network in a run's checkpoint.

    Raises:
        CheckpointError: no such file, or not a checkpoint of a training run.
    """
    try:
        state: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)["model"]
    except Exception as error:  # torch.load and pickle raise what they like on a file that is no checkpoint
        raise CheckpointError(f"'{path}' is not the checkpoint of a training run: {error}") from error
    return state


def export(trainer: Trainer, path: Path, config: Any, trained_on: str) -> str:
    """Write `path` (.safetensors, float16, batch norms folded) and a card beside it (.md).

    Args:
        trainer: Finished trainer, its model a SuperPointBN.
        path: Path of the weights.
        config: Dataclass that the run was configured with.
        trained_on: Name of the data, for people to read.

    Returns:
        sha256 of the weights file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    sha256 = save_checkpoint(path, to_weights(fold_batch_norm(trainer.model.module), torch.float16))
    layout = "SuperPoint's released layer names, batch norm folded in; input gray in [0, 1]"
    _write_card(trainer, path, sha256, layout, config, trained_on)
    return sha256


def export_depth(trainer: Trainer, path: Path, config: Any, trained_on: str) -> str:
    """Do what `export` does for a trainer whose model is a D3."""
    path.parent.mkdir(parents=True, exist_ok=True)
    sha256 = save_d3(path, to_weights(without_batch_norm(trainer.model.module), torch.float16))
    layout = "D3's layer names, batch norm folded in; input RGB in [0, 1] and the maps of core/depth_hints.py"
    _write_card(trainer, path, sha256, layout, config, trained_on)
    return sha256


def _write_card(trainer: Trainer, path: Path, sha256: str, layout: str, config: Any, trained_on: str) -> None:
    card = CARD.format(
        name=path.stem,
        file=path.name,
        layout=layout,
        megabytes=path.stat().st_size / 1e6,
        sha256=sha256,
        trained_on=trained_on,
        hardware=torch.cuda.get_device_name() if torch.cuda.is_available() else f"{platform.machine()} CPU",
        torch=torch.__version__,
        recipe=yaml.safe_dump(_plain(asdict(config)), sort_keys=False),
        validation="\n".join(f"- {key}: {value:.3f}" for key, value in trainer.validation.items()) or "none",
    )
    with written_whole(path.with_suffix(".md")) as beside:
        beside.write_text(card)


def _plain(value: Any) -> Any:
    """Turn tuples into lists, for YAML."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value

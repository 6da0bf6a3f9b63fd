"""Files of tensors: read with every failure named, checked against shapes, written. Nothing is ever downloaded."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from superpoint_ros.core.errors import CheckpointError

PRODUCER = "superpoint_ros"


def read_weights(path: Path, sha256: str | None = None) -> tuple[dict[str, Tensor], dict[str, str], str]:
    """Read tensors, metadata and sha256 of a `.safetensors`, `.pth` or `.pt` file.

    Args:
        path: Path of the file. Pickled files are read with `weights_only=True`: no code in them is run.
        sha256: Digest that the file must have; None accepts any.

    Raises:
        CheckpointError: No such file, not readable, or another digest.
    """
    if not path.is_file():
        raise CheckpointError(f"weights '{path}': no such file; give the path of a .safetensors or .pth file")
    digest = file_sha256(path)
    if sha256 is not None and digest != sha256.lower():
        raise CheckpointError(f"weights '{path}': sha256 {digest} is not the {sha256} that the model names")
    return *_tensors(path), digest


def write_weights(path: str | Path, state: Mapping[str, Tensor], metadata: dict[str, str], dtype: torch.dtype) -> str:
    """Write tensors as `.safetensors` with metadata and this package as producer; returns the file's sha256."""
    tensors = {name: tensor.detach().to("cpu", dtype).contiguous() for name, tensor in state.items()}
    save_file(tensors, str(path), metadata={"producer": PRODUCER, **metadata})
    return file_sha256(path)


def file_sha256(path: str | Path) -> str:
    """Compute the sha256 of a file, 64 hexadecimal digits."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def _tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    try:
        if path.suffix == ".safetensors":
            with safe_open(str(path), framework="pt") as file:
                return {key: file.get_tensor(key) for key in file.keys()}, file.metadata() or {}  # noqa: SIM118
        if path.suffix in (".pth", ".pt"):
            return _state_dict(path, torch.load(path, map_location="cpu", weights_only=True)), {}
    except CheckpointError:
        raise
    except (SafetensorError, OSError, RuntimeError, EOFError, ValueError, KeyError) as error:
        raise CheckpointError(f"weights '{path}': not readable as a {path.suffix} file ({error})") from error
    except Exception as error:  # pickle raises what it likes on a file that is no pickle or holds code
        raise CheckpointError(f"weights '{path}': refused by torch.load(weights_only=True) ({error})") from error
    raise CheckpointError(f"weights '{path}': the name must end in .safetensors, .pth or .pt")


def _state_dict(path: Path, content: object) -> dict[str, Tensor]:
    """Find the tensors of a pickled file: a state dict, or a training checkpoint that holds one."""
    if isinstance(content, Mapping):
        for key in ("state_dict", "model_state_dict", "model"):
            if isinstance(content.get(key), Mapping):
                content = content[key]
                break
    if not isinstance(content, Mapping) or not all(isinstance(value, Tensor) for value in content.values()):
        raise CheckpointError(f"weights '{path}': holds no state dict of tensors")
    return {str(key).removeprefix("module."): value for key, value in content.items()}


def check_shapes(
    path: Path, tensors: dict[str, Tensor], shapes: dict[str, tuple[int, ...]], network: str, ignore: str | None = None
) -> None:
    """Raise CheckpointError for a missing, misshapen, unknown or not finite tensor; keys that end in `ignore` pass."""
    for key, shape in shapes.items():
        if key not in tensors:
            raise CheckpointError(f"weights '{path}': key '{key}' of shape {shape} is missing")
        if tuple(tensors[key].shape) != shape:
            raise CheckpointError(f"weights '{path}': key '{key}' has shape {tuple(tensors[key].shape)}, not {shape}")
        if not torch.isfinite(tensors[key]).all():
            raise CheckpointError(f"weights '{path}': key '{key}' holds values that are not finite")
    unknown = [key for key in tensors if key not in shapes and not (ignore and key.endswith(ignore))]
    if unknown:
        raise CheckpointError(
            f"weights '{path}': key '{unknown[0]}' is not part of {network} ({len(unknown)} such keys)"
        )

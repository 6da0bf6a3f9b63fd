"""Files of arrays: read with every failure named, checked against shapes, written. Nothing is ever downloaded.

PyTorch is needed for pickled files (.pth, .pt) alone; `superpoint-ros convert` makes a .safetensors file of one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from superpoint_ros.core.errors import CheckpointError, MissingExtraError
from superpoint_ros.core.files import first_bytes, lfs_hint, written_whole

if TYPE_CHECKING:
    from torch import Tensor

PRODUCER = "superpoint_ros"
PICKLED = (".pth", ".pt")
MAX_BYTES = 2**29  # a hundred times those of either network
Weights: TypeAlias = Mapping[str, np.ndarray]


def read_weights(path: Path, sha256: str | None = None) -> tuple[dict[str, np.ndarray], dict[str, str], str]:
    """Read arrays, metadata and sha256 of a `.safetensors`, `.pth` or `.pt` file.

    Args:
        path: Path of the file. Pickled files are read with `weights_only=True`: no code in them is run.
        sha256: Digest that the file must have; None accepts any.

    Raises:
        CheckpointError: No such file, not readable, larger than weights are, or another digest.
        MissingExtraError: A pickled file, and PyTorch is not installed.
    """
    if not path.is_file():
        raise CheckpointError(f"weights '{path}': no such file; give the path of a .safetensors or .pth file")
    if (size := path.stat().st_size) > MAX_BYTES:
        raise CheckpointError(f"weights '{path}': {size} bytes are no weights of this package (at most {MAX_BYTES})")
    if hint := lfs_hint(first_bytes(path)):
        raise CheckpointError(f"weights '{path}' cannot be read{hint}")
    digest = file_sha256(path)
    if sha256 is not None and digest != sha256.lower():
        raise CheckpointError(f"weights '{path}': sha256 {digest} is not the {sha256} that the model names")
    return *_arrays(path), digest


def write_weights(path: str | Path, weights: Weights, metadata: Mapping[str, str] = {}) -> str:
    """Write arrays as `.safetensors` with metadata; returns the file's sha256.

    Raises:
        CheckpointError: Another suffix, or the file cannot be written; nothing of it is left.
    """
    check_suffix(path)
    try:
        with written_whole(Path(path)) as beside:
            arrays = {name: np.ascontiguousarray(array) for name, array in weights.items()}
            save_file(arrays, str(beside), dict(metadata))
    except (SafetensorError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise CheckpointError(f"weights '{path}': cannot be written ({reason})") from error
    return file_sha256(path)


def check_suffix(path: str | Path) -> None:
    """Raise CheckpointError where weights written to a path could not be read again, by its suffix."""
    if Path(path).suffix != ".safetensors":
        raise CheckpointError(f"weights '{path}': the name must end in .safetensors")


def file_sha256(path: str | Path) -> str:
    """Compute the sha256 of a file, 64 hexadecimal digits."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def check_shapes(
    path: Path, weights: Weights, shapes: Mapping[str, tuple[int, ...]], network: str, ignore: str | None = None
) -> None:
    """Raise CheckpointError for a missing, misshapen, unknown or not finite array; keys that end in `ignore` pass."""
    for key, shape in shapes.items():
        if key not in weights:
            raise CheckpointError(f"weights '{path}': key '{key}' of shape {shape} is missing")
        if weights[key].shape != shape:
            raise CheckpointError(f"weights '{path}': key '{key}' has shape {weights[key].shape}, not {shape}")
        if not np.isfinite(weights[key]).all():
            raise CheckpointError(f"weights '{path}': key '{key}' holds values that are not finite")
    unknown = [key for key in weights if key not in shapes and not (ignore and key.endswith(ignore))]
    if unknown:
        raise CheckpointError(
            f"weights '{path}': key '{unknown[0]}' is not part of {network} ({len(unknown)} such keys)"
        )


def _arrays(path: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    try:
        if path.suffix == ".safetensors":
            with safe_open(str(path), framework="np") as file:
                return {key: file.get_tensor(key) for key in file.keys()}, file.metadata() or {}  # noqa: SIM118
        if path.suffix in PICKLED:
            return _unpickle(path), {}
    except (CheckpointError, MissingExtraError):
        raise
    except (SafetensorError, OSError, RuntimeError, EOFError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"weights '{path}': not readable as a {path.suffix} file ({error})") from error
    except Exception as error:  # pickle raises what it likes on a file that is no pickle or holds code
        raise CheckpointError(f"weights '{path}': refused by torch.load(weights_only=True) ({error})") from error
    raise CheckpointError(f"weights '{path}': the name must end in .safetensors, .pth or .pt")


def _unpickle(path: Path) -> dict[str, np.ndarray]:
    try:
        import torch
    except ImportError as error:
        raise MissingExtraError(
            f"weights '{path}': {path.suffix} files are read with PyTorch, which is not installed ({error}); "
            "install torch, or make a .safetensors file of it where torch is: superpoint-ros convert"
        ) from error
    tensors = _state_dict(path, torch.load(path, map_location="cpu", weights_only=True))
    return {key: _to_array(tensor) for key, tensor in tensors.items()}


def _to_array(tensor: Tensor) -> np.ndarray:
    array: np.ndarray = (tensor.float() if tensor.is_floating_point() else tensor).numpy()
    return array


def _state_dict(path: Path, content: object) -> dict[str, Tensor]:
    """Find the tensors of a pickled file: a state dict, or a training checkpoint that holds one."""
    from torch import Tensor

    if isinstance(content, Mapping):
        for key in ("state_dict", "model_state_dict", "model"):
            if isinstance(content.get(key), Mapping):
                content = content[key]
                break
    if not isinstance(content, Mapping) or not all(isinstance(value, Tensor) for value in content.values()):
        raise CheckpointError(f"weights '{path}': holds no state dict of tensors")
    return {str(key).removeprefix("module."): value for key, value in content.items()}

"""The mean of several sets of weights: of the ends of runs from one start, often better than each of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from superpoint_ros.core.errors import CheckpointError
from superpoint_ros.networks.weights_file import check_shapes, read_weights, write_weights


def average_weights(paths: Sequence[Path], output: Path) -> str:
    """Write the mean of each array of some weights files, with their metadata.

    Of networks trained from one start it lies in the same valley of the loss (Wortsman et al., Model soups, ICML 2022,
    arXiv 2203.05482, section 2).

    Args:
        paths: At least two `.safetensors` files of one network.
        output: File to write, `.safetensors`.

    Returns:
        The written file's sha256.

    Raises:
        CheckpointError: A file cannot be read or written, or its arrays or its metadata are not those of the first.
    """
    files = [read_weights(path) for path in paths]
    first, metadata, _ = files[0]
    shapes = {name: array.shape for name, array in first.items()}
    for path, (weights, own, _) in zip(paths, files, strict=True):
        check_shapes(path, weights, shapes, f"what is in '{paths[0]}'")
        if own != metadata:
            raise CheckpointError(f"weights '{path}': metadata {own} is not the {metadata} of '{paths[0]}'")
    mean = {
        name: np.mean([weights[name] for weights, _, _ in files], axis=0, dtype=np.float64).astype(array.dtype)
        for name, array in first.items()
    }
    return write_weights(output, mean, metadata)

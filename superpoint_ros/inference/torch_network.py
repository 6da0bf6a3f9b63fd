"""A network in PyTorch on its device, and what is done where the device has not the memory for a batch."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import torch
from torch import nn

from superpoint_ros.core.errors import BackendError
from superpoint_ros.inference.backend import describe
from superpoint_ros.inference.devices import describe_device, describe_dtype, prepare_torch
from superpoint_ros.inference.models import ModelSpec
from superpoint_ros.inference.network_options import RuntimeOptions

Answer = TypeVar("Answer")

logger = logging.getLogger(__name__)


class TorchNetwork:
    """Hold a network on the device of the options.

    Args:
        network: The network.
        model: Its name, for people to read.
        options: Device, precision and threads.

    Attributes:
        module: The network, on its device, in channels_last.
        device: Where it runs.
        dtype: Type in which it is to compute.
        description: Where and how it runs, for people to read.

    Raises:
        BackendError: A device or a precision that is not there.
    """

    def __init__(self, network: nn.Module, model: ModelSpec, options: RuntimeOptions):
        self.device, self.dtype, reason = prepare_torch(options)
        self._model, self._may_move = model, options.device == "auto"
        self._largest_batch: int | None = None
        self.module = network.to(self.device)
        self.module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.description = self._describe(reason)

    def _describe(self, reason: str) -> str:
        return describe(self._model, describe_device(self.device), "PyTorch", describe_dtype(self.dtype), reason)

    def run(self, compute: Callable[[np.ndarray], list[Answer]], images: np.ndarray) -> list[Answer]:
        """Compute an answer for each image: in smaller batches where memory is short, at last on the processor.

        Args:
            compute: Runs the network on a batch.
            images: uint8 (B, H, W, ...).

        Raises:
            BackendError: There is no memory for one image, and the device was asked for by name.
        """
        answers: list[Answer] = []
        while len(answers) < len(images):
            batch = images[len(answers) :][: self._largest_batch]
            try:
                answers += compute(batch)
            except torch.cuda.OutOfMemoryError as error:
                shortage = str(error).split(". ")[0]
            else:
                continue
            # Not before the error is gone is what the failed run held given back.
            self._make_do(batch.shape, shortage)
        return answers

    def _make_do(self, shape: tuple[int, ...], shortage: str) -> None:
        """Take smaller batches from now on, or move to the processor."""
        torch.cuda.empty_cache()
        count, height, width = shape[:3]
        if count > 1:
            self._largest_batch = count // 2
            logger.warning("%s; %d images at a time from now on, not %d", shortage, self._largest_batch, count)
            return
        if not self._may_move or self.device.type == "cpu":
            raise BackendError(
                f"{shortage}: no memory on {self.device} for an image of {width}x{height}; set max_image_size, free "
                "the device, or use device 'auto', which falls back to the CPU"
            )
        logger.warning("%s; the network runs on the CPU until it is reloaded", shortage)
        self.device, self.dtype = torch.device("cpu"), torch.float32
        self.module.to(self.device, self.dtype)
        self.description = self._describe("the GPU has no memory for it")

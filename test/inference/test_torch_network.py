"""A device without the memory for a batch: a network that raises PyTorch's error above a number of pixels stands in."""

import logging

import numpy as np
import pytest
import torch
from helpers.seeded import seeded_d3_file, seeded_weights_file

from superpoint_ros.core.errors import BackendError
from superpoint_ros.inference.densifier import Densifier
from superpoint_ros.inference.extractor import Extractor

SHORTAGE = "CUDA out of memory. Tried to allocate 2.00 GiB."
SIZE = (32, 48)


class Device:
    """Has memory for so many images of SIZE; the processor has it for all."""

    def __init__(self, network, memory):
        self.memory, self.batches = memory, []
        self._network, self._forward = network, network.module.forward
        network.device = torch.device("meta")
        network.module.forward = self.forward

    def forward(self, images, *others):
        on_device = self._network.device.type != "cpu"
        self.batches.append((self._network.device.type, len(images)))
        if on_device and len(images) > self.memory:
            raise torch.cuda.OutOfMemoryError(SHORTAGE)
        return self._forward(images, *others)


@pytest.fixture
def images():
    return [np.random.default_rng(seed).integers(0, 256, SIZE, np.uint8) for seed in range(5)]


@pytest.fixture
def loaded(tmp_path, monkeypatch):
    """An extractor and what its device has memory for; tensors stay where they are, whatever the device is called."""

    def load(memory, device="auto"):
        extractor = Extractor(seeded_weights_file(tmp_path), backend="torch", device=device)
        to = torch.Tensor.to
        monkeypatch.setattr(
            torch.Tensor, "to", lambda self, *args, **named: to(self, *(arg for arg in args if is_real(arg)), **named)
        )
        return extractor, Device(extractor._backend._network, memory)

    return load


def is_real(argument):
    return argument != torch.device("meta")


def test_a_batch_is_halved_until_it_fits_and_the_next_one_begins_there(images, loaded, caplog):
    extractor, device = loaded(memory=1)
    with caplog.at_level(logging.WARNING):
        found = extractor.extract(images)
    assert [count for _, count in device.batches] == [5, 2, 1, 1, 1, 1, 1]
    assert "2 images at a time from now on, not 5" in caplog.text
    device.batches.clear()
    extractor.extract(images[:2])
    assert [count for _, count in device.batches] == [1, 1]
    device.memory = 5
    for one, alone in zip(found, images, strict=True):
        np.testing.assert_allclose(one.xy, extractor.extract(alone).xy, atol=1e-4)


def test_without_memory_for_one_image_auto_goes_on_on_the_processor(images, loaded, caplog):
    extractor, device = loaded(memory=0)
    assert "no memory" not in extractor.device
    with caplog.at_level(logging.WARNING):
        found = extractor.extract(images[0])
    assert device.batches == [("meta", 1), ("cpu", 1)]
    assert "the network runs on the CPU" in caplog.text
    assert extractor.device == "cpu (PyTorch, float32)"
    assert not extractor.batches_pay
    assert len(found.score) > 0


def test_a_device_asked_for_by_name_is_not_left(images, loaded):
    extractor, _ = loaded(memory=0, device="cpu")
    with pytest.raises(BackendError, match="no memory on meta for an image of 48x32; set max_image_size"):
        extractor.extract(images[0])


def test_dense_depth_goes_on_on_the_processor_too(tmp_path, caplog):
    densifier = Densifier(seeded_d3_file(tmp_path), backend="torch", device="auto")
    network = densifier._backend._network
    sparse = np.full(SIZE, np.nan, np.float32)
    sparse[::8, ::8] = 2.0
    image = np.zeros((*SIZE, 3), np.uint8)
    expected = densifier.densify(image, sparse)
    forward = network.module.forward

    def fail_once(*arguments):
        network.module.forward = forward
        network.device = torch.device("cuda")
        raise torch.cuda.OutOfMemoryError(SHORTAGE)

    network.module.forward = fail_once
    with caplog.at_level(logging.WARNING):
        depth = densifier.densify(image, sparse)
    assert "the network runs on the CPU" in caplog.text
    np.testing.assert_array_equal(depth.depth, expected.depth)

"""The layers of SuperPoint, by the names of the paper's released weights; what every way to run it is built from.

DeTone, Malisiewicz, Rabinovich, "SuperPoint: Self-Supervised Interest Point Detection and Description",
CVPR Workshops 2018 (arXiv 1712.07629), section 3.
"""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from superpoint_ros.core.decode_options import CELL_SIZE

DETECTOR_CHANNELS = CELL_SIZE * CELL_SIZE + 1

Architecture: TypeAlias = Literal["superpoint", "superpoint_lite"]
# name: (input channels, output channels, kernel size)
Layers: TypeAlias = Mapping[str, tuple[int, int, int]]

ARCHITECTURES: dict[Architecture, Layers] = {
    "superpoint": {
        "conv1a": (1, 64, 3),
        "conv1b": (64, 64, 3),
        "conv2a": (64, 64, 3),
        "conv2b": (64, 64, 3),
        "conv3a": (64, 128, 3),
        "conv3b": (128, 128, 3),
        "conv4a": (128, 128, 3),
        "conv4b": (128, 128, 3),
        "convPa": (128, 256, 3),
        "convPb": (256, DETECTOR_CHANNELS, 1),
        "convDa": (128, 256, 3),
        "convDb": (256, 256, 1),
    },
    # The same layers with fewer channels, an eighth of the multiplications.
    "superpoint_lite": {
        "conv1a": (1, 8, 3),
        "conv1b": (8, 16, 3),
        "conv2a": (16, 24, 3),
        "conv2b": (24, 32, 3),
        "conv3a": (32, 64, 3),
        "conv3b": (64, 64, 3),
        "conv4a": (64, 64, 3),
        "conv4b": (64, 64, 3),
        "convPa": (64, 64, 3),
        "convPb": (64, DETECTOR_CHANNELS, 1),
        "convDa": (64, 128, 3),
        "convDb": (128, 128, 1),
    },
}
LAYERS = ARCHITECTURES["superpoint"]
ENCODER = ("conv1a", "conv1b", "conv2a", "conv2b", "conv3a", "conv3b", "conv4a", "conv4b")
POOL_AFTER = ("conv1b", "conv2b", "conv3b")
RELU_LAYERS = (*ENCODER, "convPa", "convDa")


def multiplications(layers: Layers, size: tuple[int, int]) -> int:
    """Count the multiplications of convolutions, all or some, on an image of (height, width), multiples of 8."""
    total, pixels = 0, size[0] * size[1]
    for name, (channels_in, channels_out, kernel) in layers.items():
        total += channels_in * channels_out * kernel**2 * pixels
        if name in POOL_AFTER:
            pixels //= 4
    return total

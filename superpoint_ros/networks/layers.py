"""The layers of SuperPoint, by the names of the paper's released weights; what every way to run it is built from.

DeTone, Malisiewicz, Rabinovich, "SuperPoint: Self-Supervised Interest Point Detection and Description",
CVPR Workshops 2018 (arXiv 1712.07629), section 3.
"""

from superpoint_ros.core.decode_options import CELL_SIZE

DESCRIPTOR_SIZE = 256
DETECTOR_CHANNELS = CELL_SIZE * CELL_SIZE + 1

# name: (input channels, output channels, kernel size)
LAYERS = {
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
    "convDb": (256, DESCRIPTOR_SIZE, 1),
}
ENCODER = ("conv1a", "conv1b", "conv2a", "conv2b", "conv3a", "conv3b", "conv4a", "conv4b")
POOL_AFTER = ("conv1b", "conv2b", "conv3b")
RELU_LAYERS = (*ENCODER, "convPa", "convDa")

"""The mask of one camera's images: what is fixed, and what a topic says."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sensor_msgs.msg import CompressedImage, Image

from superpoint_ros.core.region_options import RegionOptions, fit_mask, make_mask, read_mask
from superpoint_ros.core.stamps import nanoseconds
from superpoint_ros.ros.messages.errors import InputError
from superpoint_ros.ros.messages.image_decoding import message_to_array
from superpoint_ros.ros.runtime.pipeline import Input, Stream

if TYPE_CHECKING:
    from superpoint_ros.ros.frontend.pipeline import Frontend

# Masks that wait for the image of their stamp.
MAX_MASKS = 30


@dataclass(frozen=True)
class Arrival:
    """Hold an image as it came.

    Attributes:
        message: The image.
        mask: The newest live mask, of its stamp or before, of those that had come by then; None = there was none.
    """

    message: Image | CompressedImage
    mask: Image | None

    @property
    def stamp(self) -> int:
        """Return the stamp of the image [ns]."""
        return nanoseconds(self.message.header.stamp)


class CameraMask:
    """Says where in a camera's images keypoints are wanted.

    An image takes the live mask of its own stamp where it has come, else the newest one before it, however old and
    however long the image has waited; while none has come, the fixed mask alone. With policy `every_frame` what counts
    is what came before the image, so that it does not depend on timing.

    Args:
        node: Owns the subscription.
        options: The fixed mask.
        topic: Topic of live masks, mono8, 0 where no keypoint is wanted; "" = none.

    Raises:
        ParameterError: The fixed mask cannot be read.
    """

    def __init__(self, node: Frontend, options: RegionOptions, topic: str):
        self._node, self._options, self._topic = node, options, topic
        self._file = read_mask(options.mask)
        self._made: tuple[tuple[int, int], np.ndarray | None] | None = None
        self._live: deque[Any] = deque(maxlen=MAX_MASKS)
        self._used: tuple[Any, np.ndarray | None] = (None, None)
        self.input: Input | None = node.add_input(topic, Image, self._live.append) if topic else None

    def arrive(self, message: Image | CompressedImage) -> Arrival:
        """Take note of an image that has just come."""
        return Arrival(message, self._newest(nanoseconds(message.header.stamp)))

    def _newest(self, stamp: int, *further: Any) -> Any:
        """Return the newest live mask up to a stamp [ns], among the last ones and further ones; None = none."""
        masks = [mask for mask in (*list(self._live)[::-1], *further) if nanoseconds(mask.header.stamp) <= stamp]
        return max(masks, key=lambda mask: nanoseconds(mask.header.stamp), default=None)

    def of_image(self, stream: Stream, arrival: Arrival, image_size: tuple[int, int]) -> np.ndarray | None:
        """Return the mask of an image, uint8 (H, W), 0 where no keypoint is wanted; None = no mask."""
        if self._made is None or self._made[0] != image_size:
            self._made = (image_size, make_mask(self._options, self._file, image_size))
        fixed, live = self._made[1], self._live_mask(stream, arrival)
        if live is None:
            return fixed
        live = fit_mask(live, image_size)
        return live if fixed is None else np.minimum(fixed, live)

    def _live_mask(self, stream: Stream, arrival: Arrival) -> np.ndarray | None:
        newest = arrival.mask
        if self._node.parameters.policy == "latest":
            newest = self._newest(arrival.stamp, *([] if newest is None else [newest]))
        if newest is None:
            return None
        if self._used[0] is not newest:
            self._used = (newest, self._convert(stream, newest))
        return self._used[1]

    def _convert(self, stream: Stream, mask: Image) -> np.ndarray | None:
        """Convert a live mask; of one that cannot be used, say so once and go on with the mask before."""
        try:
            return message_to_array(mask, "mono8", max_pixels=self._node.parameters.max_pixels)
        except InputError as error:
            stream.statistics.count("bad_masks")
            self._node.warnings.warn(self._topic, "mask", f"mask not used: {error}")
            return self._used[1]

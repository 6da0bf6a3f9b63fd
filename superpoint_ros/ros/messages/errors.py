"""Why one message cannot be used."""

from __future__ import annotations

from superpoint_ros.core.errors import ImageError


class InputError(ImageError):
    """Report a message that cannot be used.

    Args:
        reason: One or two words to count it by.
        explanation: What is wrong, the value seen, and what would be right.

    Attributes:
        reason: The reason it was made with.
        topic: Where the message came from, where that is not the topic that is being worked on; "" = it is.
    """

    def __init__(self, reason: str, explanation: str):
        super().__init__(explanation)
        self.reason = reason
        self.topic = ""

"""Messages that the middleware lost, counted by the gaps in the publishers' sequence numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rclpy.subscription import Subscription

try:
    from rclpy.event_handler import SubscriptionEventCallbacks
except ImportError:  # ROS 2 Humble
    from rclpy.qos_event import SubscriptionEventCallbacks

# Callbacks of older rclpy get the message alone.
GIVES_MESSAGE_INFO = hasattr(Subscription, "CallbackType")
# A middleware's own count of more losses than this at once is no count: Fast DDS has sent 2 ** 35.
MAX_LOST_AT_ONCE = 100_000

# Publishers whose numbers are remembered, those heard last: each that comes back has another identifier.
MAX_PUBLISHERS = 64


class LossCounter:
    """Count, for each message, how many of its publisher's were lost before it.

    What was sent before the first message that arrives cannot be known, nor what was lost after the last one.

    Attributes:
        numbered: Whether messages so far have had sequence numbers.
        publishers: Identifiers of those whose messages came since this was last emptied.
    """

    def __init__(self) -> None:
        self.numbered = False
        self.publishers: set[bytes] = set()
        self._last: dict[bytes, int] = {}

    def lost_before(self, info: Mapping[str, Any]) -> int:
        """Return the number of messages lost between the publisher's last one and this.

        Args:
            info: What rclpy knows of the message; publisher_gid and publication_sequence_number may be absent or None.
        """
        number, publisher = info.get("publication_sequence_number"), info.get("publisher_gid")
        if not number or not publisher:
            return 0
        self.numbered = True
        key = bytes(publisher["data"])
        self.publishers.add(key)
        last = self._last.pop(key, number)
        self._last[key] = number
        if len(self._last) > MAX_PUBLISHERS:
            del self._last[next(iter(self._last))]
        return max(int(number) - int(last) - 1, 0)


def loss_events(count: Callable[[int], None]) -> SubscriptionEventCallbacks:
    """Make callbacks that pass on the number of messages that the middleware reports as lost."""

    def on_lost(event: Any) -> None:
        if 0 < event.total_count_change <= MAX_LOST_AT_ONCE:
            count(event.total_count_change)

    return SubscriptionEventCallbacks(message_lost=on_lost, use_default_callbacks=False)

"""At most so many outputs per second, by the stamps of the inputs."""

from __future__ import annotations

from superpoint_ros.ros.messages.stamps import SECOND


class RateLimit:
    """Remembers when something last passed; time that goes backward begins anew."""

    def __init__(self) -> None:
        self._last: int | None = None

    def passes(self, stamp: int, rate: float | None) -> bool:
        """Tell whether an item may pass.

        Args:
            stamp: Of the item [ns].
            rate: Items per second that may pass at most; None = any number.
        """
        if rate is not None and self._last is not None and 0 <= stamp - self._last < SECOND / rate:
            return False
        self._last = stamp
        return True

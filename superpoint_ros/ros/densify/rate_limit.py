"""At most so many outputs per second, by the stamps of the inputs."""

from __future__ import annotations

from superpoint_ros.core.stamps import SECOND


class RateLimit:
    """Limit how often something passes; time that goes backward starts the interval again."""

    def __init__(self) -> None:
        self._last: int | None = None

    def passes(self, stamp: int, rate: float | None) -> bool:
        """Tell whether an item may pass.

        Args:
            stamp: Time of the item [ns].
            rate: Items per second that may pass at most; None = any number.
        """
        if rate is not None and self._last is not None and 0 <= stamp - self._last < SECOND / rate:
            return False
        self._last = stamp
        return True

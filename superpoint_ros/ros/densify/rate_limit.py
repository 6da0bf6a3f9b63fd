"""At most so many outputs per second, by the stamps of the inputs."""

from __future__ import annotations

from superpoint_ros.core.stamps import SECOND


class RateLimit:
    """Limit how often something passes; time that goes backward starts the interval again.

    Intervals begin on a grid, not where something has passed: of inputs that come a little early or late, none of one
    interval is left out for the one before.
    """

    def __init__(self) -> None:
        self._start: int | None = None

    def passes(self, stamp: int, rate: float | None) -> bool:
        """Tell whether an item may pass.

        Args:
            stamp: Time of the item [ns].
            rate: Items per second that may pass on average; None = any number.
        """
        interval = 0 if rate is None else round(SECOND / rate)
        if self._start is None or stamp < self._start:
            self._start = stamp
            return True
        if stamp < self._start + interval:
            return False
        # After a gap at most one interval is made up for.
        self._start = max(self._start + interval, stamp - interval)
        return True

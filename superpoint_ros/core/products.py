"""How many threads NumPy's matrix products take. Imports nothing: it has to act before NumPy is loaded."""

from __future__ import annotations

import os


def keep_products_on_one_thread() -> None:
    """Have OpenBLAS use one thread unless the environment says otherwise; called before NumPy is imported.

    Its other threads go on spinning for tens of milliseconds after each product: at camera rate they took twice the
    processor time of the network. On one thread results do not depend on the number of cores either.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

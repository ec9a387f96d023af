"""How many cores of the processor this process may use. Torch-free."""

from __future__ import annotations

import os


def cores() -> int:
    """Cores that this process may use: fewer than the machine has where it is bound to some of them.

    >>> cores() >= 1
    True
    """
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

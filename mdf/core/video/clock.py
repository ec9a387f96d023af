"""When the frames of a recording are shown: a clock that only runs on."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from mdf.core.video.packets import Int64

Stamps = Sequence[int | None]


def best_stamps(*series: Stamps) -> Stamps:
    """The series of times with the fewest that are missing or do not come after the one before; the first of equals.

    An AVI file has no times of showing: those that are made up for it run to and fro, those of decoding do not.
    """
    return min(series, key=_faults)


def count_on(stamps: Stamps, step: int) -> Int64:
    """Times from 0, each later than the one before it.

    Where a time is missing, repeats or runs back (as in joined recordings), the frame comes one usual step after the
    frame before it, and the clock goes on from there. `step` is that step where the times do not show it.
    """
    known = [stamp for stamp in stamps if stamp is not None]
    steps = np.diff(np.array(known, np.int64))
    usual = max(1, int(np.median(steps[steps > 0]))) if (steps > 0).any() else step
    times = np.zeros(len(stamps), np.int64)
    offset = -stamps[0] if stamps and stamps[0] is not None else None
    for i, stamp in enumerate(stamps[1:], 1):
        times[i] = times[i - 1] + usual
        if stamp is None:
            continue
        if offset is not None and stamp + offset > times[i - 1]:
            times[i] = stamp + offset
        else:
            offset = int(times[i]) - stamp
    return times


def _faults(stamps: Stamps) -> int:
    return sum(before is None or after is None or after <= before for before, after in pairwise(stamps))

"""When the frames of a recording are shown: a clock that only runs on."""

from __future__ import annotations

import numpy as np

from mdf.core.video.packets import MISSING, Int64


def best_stamps(*series: Int64) -> Int64:
    """The series of times with the fewest that are missing or do not come after the one before; the first of equals.

    An AVI file has no times of showing: those that are made up for it run to and fro, those of decoding do not.
    """
    return min(series, key=lambda stamps: int((~_follows(stamps)).sum()))


def count_on(stamps: Int64, step: int) -> Int64:
    """Times from 0, each later than the one before it.

    Where a time is missing, repeats or runs back (as in joined recordings), the frame comes one usual step after the
    frame before it, and the clock goes on from there. `step` is that step where the times do not show it.
    """
    follows = _follows(stamps)
    steps = np.diff(stamps)[follows]
    usual = max(1, int(np.median(steps))) if len(steps) else step
    moves = np.full(max(0, len(stamps) - 1), usual, np.int64)
    moves[follows] = steps
    return np.concatenate([[0], np.cumsum(moves)]).astype(np.int64)


def _follows(stamps: Int64) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Whether each time but the first is known, and later than the one before it, which is known too."""
    known = stamps != MISSING
    later: np.ndarray[tuple[int], np.dtype[np.bool_]] = (stamps[1:] > stamps[:-1]) & known[1:] & known[:-1]
    return later

"""Test sets as they might have been: groups of images drawn with replacement, statistics summed anew.

Images of one scene are drawn as a whole, so that what they share counts once (the cluster bootstrap: A. C. Davison and
D. V. Hinkley, “Bootstrap Methods and their Application”, 1997, section 3.8). With fewer than FEWEST_SCENES scenes
blocks of images that follow each other are drawn instead (n^⅓ of a scene's n images: P. Hall, J. L. Horowitz and
B.-Y. Jing, “On blocking rules for the bootstrap with dependent data”, Biometrika 1995), and what is found holds for
these scenes alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 10_000
AT_ONCE = 250
SEED = 20_201
"""Of the generator: the same statistics give the same verdict on every machine."""
FEWEST_SCENES = 6

Kind = Literal["scenes", "blocks"]
Floats = NDArray[np.float64]


def groups(scenes: Sequence[str]) -> tuple[NDArray[np.int64], Kind]:
    """The number of the group (from 0) that each image is drawn with, by the images' scenes in their order."""
    names, of = np.unique(np.asarray(scenes), return_inverse=True)
    if len(names) >= FEWEST_SCENES:
        return of.astype(np.int64), "scenes"
    found = np.zeros(len(of), np.int64)
    used = 0
    for scene in range(len(names)):
        mine = np.flatnonzero(of == scene)
        length = math.ceil(len(mine) ** (1 / 3))
        found[mine] = used + np.arange(len(mine)) // length
        used = int(found[mine[-1]]) + 1
    return found, "blocks"


def group_sums(tables: Floats, of: NDArray[np.int64]) -> Floats:
    """Statistics of N images (N×…) summed by group: G×…"""
    sums = np.zeros((int(of.max()) + 1, *tables.shape[1:]))
    np.add.at(sums, of, tables)
    return sums


def resampled(sums: Floats, score: Callable[[Floats], Floats], resamples: int) -> Floats:
    """The score of every resample of the G groups: G×…×K sums → R×… scores, a few resamples at once."""
    flat = sums.reshape(len(sums), -1)
    drawn = (drawn @ flat for drawn in _draws(len(sums), resamples))
    return np.concatenate([score(totals.reshape(-1, *sums.shape[1:])) for totals in drawn])


def _draws(count: int, resamples: int) -> Iterator[Floats]:
    """How often each of `count` groups is drawn, a few resamples at once: each row sums to `count`."""
    random = np.random.default_rng(SEED)
    for first in range(0, resamples, AT_ONCE):
        rows = min(AT_ONCE, resamples - first)
        drawn = random.integers(0, count, (rows, count)) + count * np.arange(rows)[:, None]
        yield np.bincount(drawn.ravel(), minlength=rows * count).reshape(rows, count).astype(np.float64)

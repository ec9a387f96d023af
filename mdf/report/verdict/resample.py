"""Resampled test sets: groups of images drawn with replacement, and the scores of each draw.

The images of one scene are drawn as a whole, because they are not independent (cluster bootstrap: A. C. Davison and
D. V. Hinkley, “Bootstrap Methods and their Application”, 1997, section 3.8). With fewer than FEWEST_SCENES scenes,
blocks of consecutive images are drawn instead: n^⅓ images at a time of a scene of n (P. Hall, J. L. Horowitz and
B.-Y. Jing, “On blocking rules for the bootstrap with dependent data”, Biometrika 1995). The result then holds for these
scenes only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 10_000
CHUNK = 250
"""Number of resamples that are scored at a time, which bounds memory."""
SEED = 20_201
"""Seed of the generator: the same statistics give the same verdict on every machine."""
FEWEST_SCENES = 6

GroupKind = Literal["scenes", "blocks"]
Floats = NDArray[np.float64]


def group_images(scenes: Sequence[str]) -> tuple[NDArray[np.int64], GroupKind]:
    """The group (from 0) that each image is drawn with, given the scenes of the N images in order."""
    names, scene_of = np.unique(np.asarray(scenes), return_inverse=True)
    if len(names) >= FEWEST_SCENES:
        return scene_of.astype(np.int64), "scenes"
    group_of = np.zeros(len(scene_of), np.int64)
    first_free = 0
    for scene in range(len(names)):
        images = np.flatnonzero(scene_of == scene)
        length = math.ceil(len(images) ** (1 / 3))
        group_of[images] = first_free + np.arange(len(images)) // length
        first_free = int(group_of[images[-1]]) + 1
    return group_of, "blocks"


def group_sums(tables: Floats, group_of: NDArray[np.int64]) -> Floats:
    """Statistics of N images (N×…) summed by group: G×…"""
    sums = np.zeros((int(group_of.max()) + 1, *tables.shape[1:]))
    np.add.at(sums, group_of, tables)
    return sums


def resampled_scores(sums: Floats, score: Callable[[Floats], Floats], resamples: int) -> Floats:
    """The score of every resample of the G groups: G×…×K sums → R×… scores."""
    flat = sums.reshape(len(sums), -1)
    chunks = (counts @ flat for counts in _draw_counts(len(sums), resamples))
    return np.concatenate([score(chunk.reshape(-1, *sums.shape[1:])) for chunk in chunks])


def _draw_counts(groups: int, resamples: int) -> Iterator[Floats]:
    """How often each group is drawn, CHUNK×G at a time; each row sums to the number of groups."""
    random = np.random.default_rng(SEED)
    for first in range(0, resamples, CHUNK):
        rows = min(CHUNK, resamples - first)
        drawn = random.integers(0, groups, (rows, groups)) + groups * np.arange(rows)[:, None]
        yield np.bincount(drawn.ravel(), minlength=rows * groups).reshape(rows, groups).astype(np.float64)

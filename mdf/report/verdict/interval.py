"""How sure a difference is: the noise of seeds and that of test images made one interval.

A score's error has two independent parts. Seeds: each row's scores over its seeds, of which the variance of the mean
is estimated as it is for Student's t. Images: the variance of the difference over resampled test sets, the mean over
seeds being taken in each, so that what both rows find hard cancels. Both see the chance of a seed on an image; the
variances are those of crossed random effects (A. B. Owen, “The pigeonhole bootstrap”, Annals of Applied Statistics
2007), so what both see is taken off once. The degrees of freedom of the sum are Satterthwaite's (B. L. Welch,
Biometrika 1947), which is what makes the interval hold with few seeds, where percentiles over seeds do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from mdf.report.verdict.words import LEVEL, MOST_SEEDS

POWER = 0.8
"""With which the advised number of seeds would find the difference that was seen."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Part:
    """One row's part of a difference that is a sum of rows' parts.

    Attributes:
        values: S, the part by each of the row's seeds, the other rows being at their means.
        resampled: R×S, the same in every resample of the test images; NaN where it measured nothing.
        draws: whether chance is part of the row; without, its one value has no noise of its own.
    """

    values: Floats
    resampled: Floats
    draws: bool = True

    @property
    def single_run(self) -> bool:
        """Whether its own noise is unknown."""
        return self.draws and len(self.values) < 2

    @cached_property
    def variance(self) -> float:
        """Of its mean over seeds, by its seeds."""
        return float(self.values.var(ddof=1)) / len(self.values) if len(self.values) > 1 else 0.0

    @cached_property
    def mean(self) -> Floats:
        """R, the mean over seeds in every resample."""
        found: Floats = self.resampled.mean(1)
        return found

    @cached_property
    def shared(self) -> float:
        """The variance that the chance of a seed on an image gives to the mean over seeds."""
        if len(self.values) < 2:
            return 0.0
        own = self.resampled - self.mean[:, None]
        return float(np.nanvar(own, axis=0, ddof=1).mean()) / (len(self.values) - 1)


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference with the variances of its parts: `seeds` by row, and of the `images` what seeds do not explain."""

    value: float
    seeds: tuple[float, ...]
    counts: tuple[int, ...]
    images: float
    groups: int

    @property
    def error(self) -> float:
        """Standard error."""
        return float(np.sqrt(sum(self.seeds) + self.images))

    @property
    def freedom(self) -> float:
        """Satterthwaite's degrees of freedom."""
        parts = [(v, n - 1) for v, n in zip(self.seeds, self.counts, strict=True) if n > 1]
        return _freedom([*parts, (self.images, self.groups - 1)])

    @property
    def p(self) -> float:
        """Of a difference at least so large, were there none."""
        if self.error == 0:
            return 1.0 if self.value == 0 else 0.0
        return float(2 * stdtr(self.freedom, -abs(self.value) / self.error))

    @property
    def half_width(self) -> float:
        """Of the 95 % interval."""
        return quantile(self.freedom) * self.error

    def more_seeds(self, alpha: float) -> int | None:
        """About how many more seeds a row would call this difference at `alpha`; MOST_SEEDS + 1 means more than that,
        None that no number would."""
        if self.value == 0 or not any(self.seeds):
            return None
        for extra in range(1, MOST_SEEDS + 1):
            if self._would_be_called(extra, alpha):
                return extra
        return MOST_SEEDS + 1 if self._would_be_called(10**6, alpha) else None

    def _would_be_called(self, extra: int, alpha: float) -> bool:
        counts = [n + extra if n > 1 else n for n in self.counts]
        seeds = [v * n / m for v, n, m in zip(self.seeds, self.counts, counts, strict=True)]
        parts = [(v, m - 1) for v, m in zip(seeds, counts, strict=True) if m > 1]
        freedom = _freedom([*parts, (self.images, self.groups - 1)])
        needed = stdtrit(freedom, 1 - alpha / 2) + stdtrit(freedom, POWER)
        return bool(abs(self.value) >= needed * np.sqrt(sum(seeds) + self.images))


def difference(terms: Sequence[tuple[float, Part]], groups: int) -> Difference:
    """The sum of sign × part's mean over seeds, images having been drawn in `groups` (two or more)."""
    spread = groups / (groups - 1)
    seeds = tuple(part.variance for _, part in terms)
    images = float(np.nanvar(sum(sign * part.mean for sign, part in terms), ddof=1)) * spread
    both = sum(part.shared for _, part in terms) * spread
    return Difference(
        value=float(sum(sign * part.values.mean() for sign, part in terms)),
        seeds=seeds,
        counts=tuple(len(part.values) for _, part in terms),
        images=max(images - both, images - sum(seeds), 0.0),
        groups=groups,
    )


def holm(p: Sequence[float]) -> list[float]:
    """p-values corrected for their number: S. Holm, “A simple sequentially rejective multiple test procedure”, 1979."""
    order = sorted(range(len(p)), key=lambda i: p[i])
    corrected, largest = [0.0] * len(p), 0.0
    for rank, i in enumerate(order):
        largest = max(largest, min(1.0, (len(p) - rank) * p[i]))
        corrected[i] = largest
    return corrected


def half_width(values: Floats) -> float | None:
    """Of the 95 % interval of a mean over seeds (Student's t); None where there is 1 value."""
    if len(values) < 2:
        return None
    return quantile(len(values) - 1) * float(values.std(ddof=1) / np.sqrt(len(values)))


def quantile(freedom: float) -> float:
    """Of Student's t, which so many percent of both sides lie within."""
    return float(stdtrit(freedom, 0.5 + LEVEL / 2))


def _freedom(parts: Sequence[tuple[float, int]]) -> float:
    total = sum(variance for variance, _ in parts)
    weighted = sum(variance**2 / freedom for variance, freedom in parts)
    return total**2 / weighted if weighted > 0 else 1.0

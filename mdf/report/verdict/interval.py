"""The confidence interval and the p-value of a difference, from two sources of noise: seeds and test images.

A score's error has two independent parts. Seeds: the variance of each row's mean over its seeds, estimated as for
Student's t. Images: the variance of the difference over resampled test sets, where each resample takes the mean over
seeds first, so that what both rows find hard cancels. Both parts contain the chance of a seed on an image; the
variances are those of crossed random effects (A. B. Owen, “The pigeonhole bootstrap”, Annals of Applied Statistics
2007), so the shared part is subtracted once. The sum has Satterthwaite's degrees of freedom (B. L. Welch, Biometrika
1947). They keep the interval valid with few seeds, where percentiles over seeds fail.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from mdf.report.verdict.verdict import LEVEL, MOST_SEEDS

POWER = 0.8
"""Probability with which the advised number of seeds detects the difference that was seen."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Part:
    """One row's part of a difference, which is a signed sum of parts.

    Attributes:
        values: S, the part by each of the row's seeds, with the other rows at their means.
        resampled: R×S, the same in every resample of the test images; NaN if a resample measured nothing.
        is_random: whether the row depends on a seed; if not, its one value has no training noise.
    """

    values: Floats
    resampled: Floats
    is_random: bool = True

    @property
    def single_run(self) -> bool:
        """Whether its training noise is unknown."""
        return self.is_random and len(self.values) < 2

    @cached_property
    def variance(self) -> float:
        """Variance of the mean over seeds, estimated from the seeds."""
        return float(self.values.var(ddof=1)) / len(self.values) if len(self.values) > 1 else 0.0

    @cached_property
    def resampled_mean(self) -> Floats:
        """R, the mean over seeds in every resample."""
        mean: Floats = self.resampled.mean(1)
        return mean

    @cached_property
    def shared_variance(self) -> float:
        """Variance of the mean over seeds that comes from the chance of a seed on an image."""
        if len(self.values) < 2:
            return 0.0
        deviations = self.resampled - self.resampled_mean[:, None]
        return float(np.nanvar(deviations, axis=0, ddof=1).mean()) / (len(self.values) - 1)


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference with its variances.

    Attributes:
        value: the difference.
        seed_variances: one per part.
        seed_counts: number of seeds of each part.
        image_variance: of the test images, without what the seeds explain.
        groups: number of groups of images that were resampled.
    """

    value: float
    seed_variances: tuple[float, ...]
    seed_counts: tuple[int, ...]
    image_variance: float
    groups: int

    @property
    def error(self) -> float:
        """Standard error."""
        return float(np.sqrt(sum(self.seed_variances) + self.image_variance))

    @property
    def freedom(self) -> float:
        """Satterthwaite's degrees of freedom."""
        return self._freedom(self.seed_variances, self.seed_counts)

    @property
    def p(self) -> float:
        """Probability of a difference at least this large if there were none (two-sided)."""
        if self.error == 0:
            return 1.0 if self.value == 0 else 0.0
        return float(2 * stdtr(self.freedom, -abs(self.value) / self.error))

    @property
    def half_width(self) -> float:
        """Half of the 95 % interval."""
        return t_quantile(self.freedom) * self.error

    def more_seeds(self, alpha: float) -> int | None:
        """About how many more seeds per row would make this difference significant at `alpha`.

        MOST_SEEDS + 1 means more than MOST_SEEDS; None means that no number of seeds would.
        """
        if self.value == 0 or not any(self.seed_variances):
            return None
        for extra in range(1, MOST_SEEDS + 1):
            if self._would_be_significant(extra, alpha):
                return extra
        return MOST_SEEDS + 1 if self._would_be_significant(10**6, alpha) else None

    def _would_be_significant(self, extra: int, alpha: float) -> bool:
        counts = [n + extra if n > 1 else n for n in self.seed_counts]
        variances = [
            variance * n / more for variance, n, more in zip(self.seed_variances, self.seed_counts, counts, strict=True)
        ]
        freedom = self._freedom(variances, counts)
        needed = stdtrit(freedom, 1 - alpha / 2) + stdtrit(freedom, POWER)
        return bool(abs(self.value) >= needed * np.sqrt(sum(variances) + self.image_variance))

    def _freedom(self, seed_variances: Sequence[float], seed_counts: Sequence[int]) -> float:
        terms = [(v, n - 1) for v, n in zip(seed_variances, seed_counts, strict=True) if n > 1]
        terms.append((self.image_variance, self.groups - 1))
        total = sum(variance for variance, _ in terms)
        weighted = sum(variance**2 / freedom for variance, freedom in terms)
        return total**2 / weighted if weighted > 0 else 1.0


def difference(terms: Sequence[tuple[float, Part]], groups: int) -> Difference:
    """The sum of sign × mean over seeds of each (sign, part); images were resampled in `groups` (two or more)."""
    small_sample = groups / (groups - 1)
    seed_variances = tuple(part.variance for _, part in terms)
    resampled = sum(sign * part.resampled_mean for sign, part in terms)
    total = float(np.nanvar(resampled, ddof=1)) * small_sample
    shared = sum(part.shared_variance for _, part in terms) * small_sample
    return Difference(
        value=float(sum(sign * part.values.mean() for sign, part in terms)),
        seed_variances=seed_variances,
        seed_counts=tuple(len(part.values) for _, part in terms),
        image_variance=max(total - shared, total - sum(seed_variances), 0.0),
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
    """Half of the 95 % interval of a mean over seeds (Student's t); None if there is 1 value."""
    if len(values) < 2:
        return None
    return t_quantile(len(values) - 1) * float(values.std(ddof=1) / np.sqrt(len(values)))


def t_quantile(freedom: float) -> float:
    """The quantile of Student's t that bounds LEVEL of the distribution on both sides."""
    return float(stdtrit(freedom, 0.5 + LEVEL / 2))

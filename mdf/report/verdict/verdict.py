"""What a verdict holds: estimates, comparisons of pairs, gains over single-task networks. Plain data; torch-free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from mdf.report.columns import TableColumn

LEVEL = 0.95
"""Confidence level of every interval. A pair is called different at 1 − LEVEL, corrected for all pairs (Holm)."""
MOST_SEEDS = 100
"""If more seeds than this are needed, the advice is only `more than`."""

Call = Literal["better", "worse", "cannot tell"]
OPPOSITE: Mapping[Call, Call] = {"better": "worse", "worse": "better", "cannot tell": "cannot tell"}


@dataclass(frozen=True, slots=True)
class Estimate:
    """A row's value in a column: its mean over seeds.

    Attributes:
        value: in the column's unit.
        half_width: half of the 95 % interval of the mean over seeds, on these test images; None if the spread is
            unknown (1 seed) or there is none (a predictor that uses no random number).
        seeds: number of trials in the mean.
    """

    value: float
    half_width: float | None = None
    seeds: int = 1


@dataclass(frozen=True, slots=True)
class Comparison:
    """Row `a` against row `b` in one column, on the same test images.

    Attributes:
        column: the column's title.
        a, b: labels of the rows.
        difference: a − b in the column's unit, whichever direction is better.
        low, high: 95 % interval of the difference, of this pair alone.
        p: p-value of "no difference", Holm-corrected over the pairs of the column.
        call: whether `a` is `better` or `worse` than `b`, or one `cannot tell`. For a single run it covers data noise
            only, and `words` says so.
        more_seeds: (cannot tell) about how many more seeds per row would decide, if the true difference is the one
            seen; None if seeds alone would not help, or nothing is undecided.
        single_run: one of the two is a network with 1 seed, so its training noise is unknown.
        images, groups: number of test images, and of groups of images that were resampled as a whole.
        groups_are: `scenes`, or `blocks` of consecutive images if there are few scenes.
        words: the verdict on `a`, as it is printed.
    """

    column: str
    a: str
    b: str
    difference: float
    low: float
    high: float
    p: float
    call: Call
    more_seeds: int | None
    single_run: bool
    images: int
    groups: int
    groups_are: Literal["scenes", "blocks"]
    words: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", self._words())

    def _words(self) -> str:
        if self.single_run:
            return "single run: data noise only"
        if self.call != "cannot tell":
            return self.call
        if self.difference == 0:
            return "cannot tell (equal scores)"
        if self.more_seeds is None:
            return "cannot tell (more test images needed)"
        if self.more_seeds > MOST_SEEDS:
            return f"cannot tell (more than {MOST_SEEDS} more seeds needed)"
        return f"cannot tell (about {self.more_seeds} more seed{'s' if self.more_seeds > 1 else ''} needed)"


@dataclass(frozen=True, slots=True)
class Delta:
    """Δm: the mean relative gain of a multi-task row over its single-task baselines, averaged over tasks.

    Attributes:
        row: label of the multi-task row.
        baselines: label of the single-task row, by task.
        value: Δm as a fraction (0.02 = 2 % better than the baselines, averaged over tasks).
        low, high: its 95 % interval.
        single_run: one of the rows has 1 seed, so the interval covers data noise only.
    """

    row: str
    baselines: Mapping[str, str]
    value: float
    low: float
    high: float
    single_run: bool


@dataclass(frozen=True)
class Verdict:
    """What the stored statistics of a study's trials say.

    Attributes:
        estimates: by row label, then by column title.
        comparisons: every pair of rows in every score column; `a` is the row that comes first in the table.
        deltas: one per multi-task row whose single-task baselines are rows too.
        condition_columns: score columns by condition, such as `shadow`; they have estimates but no comparisons.
        notes: what could not be judged, and why.
    """

    estimates: Mapping[str, Mapping[str, Estimate]] = field(default_factory=dict)
    comparisons: Sequence[Comparison] = ()
    deltas: Sequence[Delta] = ()
    condition_columns: Sequence[TableColumn] = ()
    notes: Sequence[str] = ()

    def call(self, column: str, a: str, b: str) -> Call | None:
        """Whether row `a` is better or worse than row `b` in a column; None if they were not compared."""
        return self._calls.get((column, a, b))

    @cached_property
    def _calls(self) -> Mapping[tuple[str, str, str], Call]:
        calls = {(pair.column, pair.a, pair.b): pair.call for pair in self.comparisons}
        return calls | {(column, b, a): OPPOSITE[call] for (column, a, b), call in calls.items()}

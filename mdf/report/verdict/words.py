"""What a verdict says: estimates, comparisons and their words. Plain data; torch-free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from mdf.report.columns import Column

LEVEL = 0.95
"""Of every interval; a difference is called at 1 − LEVEL, corrected for the number of pairs (Holm)."""
MOST_SEEDS = 100
"""Beyond so many more seeds the advice is only `more than`."""

Call = Literal["better", "worse", "cannot tell"]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A row's value in a column: its mean over seeds.

    Attributes:
        value: in the column's unit.
        half_width: of the 95 % interval of the mean over seeds, on these test images; None where the spread is not
            known (1 seed) or there is none (a method that draws no random number).
        seeds: how many trials it is the mean of.
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
        difference: a − b, in the column's unit, whichever direction is better.
        low, high: 95 % interval of the difference, of this pair alone.
        p: of no difference, Holm-corrected over the pairs of the column.
        call: whether `a` is `better` or `worse` than `b`, or which is better one `cannot tell`; of a single run by
            data noise alone, which `words` says.
        more_seeds: (cannot tell) about how many more seeds a row would settle it, were the difference what it seems;
            None where seeds alone would not, or nothing is to be settled.
        single_run: a network with 1 seed is compared: its own noise is not known.
        images, groups: what the data noise was measured on: test images, in so many groups drawn as a whole.
        groups_are: `scenes`, or `blocks` of images that follow each other where there are few scenes.
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

    @property
    def words(self) -> str:
        """The verdict on `a`, as it is printed."""
        if self.single_run:
            return "single run: data noise only"
        if self.call != "cannot tell":
            return self.call
        if self.difference == 0:
            return "cannot tell (the same score)"
        if self.more_seeds is None:
            return "cannot tell (more test images needed)"
        if self.more_seeds > MOST_SEEDS:
            return f"cannot tell (more than {MOST_SEEDS} more seeds needed)"
        return f"cannot tell (about {self.more_seeds} more seed{'s' if self.more_seeds > 1 else ''} needed)"


@dataclass(frozen=True, slots=True)
class Delta:
    """Δm of a row that predicts several tasks, against its single-task baselines: mean relative gain over tasks.

    Attributes:
        row: label of the row.
        baselines: label of each task's baseline, by task.
        value: Δm as a fraction (0.02 = 2 % better than the baselines, on average over tasks).
        low, high: its 95 % interval.
        single_run: one of the rows has 1 seed, so that the interval holds data noise only.
    """

    row: str
    baselines: Mapping[str, str]
    value: float
    low: float
    high: float
    single_run: bool


@dataclass(frozen=True)
class Verdict:
    """What the statistics of a study's trials say.

    Attributes:
        estimates: by row label, then by column title.
        comparisons: of every pair of rows, the first of the table as `a`, in every score column.
        deltas: of the rows whose single-task baselines are rows too.
        groups: score columns of the samples of one condition each, which there are estimates for too.
        notes: what could not be judged, and why.
    """

    estimates: Mapping[str, Mapping[str, Estimate]] = field(default_factory=dict)
    comparisons: Sequence[Comparison] = ()
    deltas: Sequence[Delta] = ()
    groups: Sequence[Column] = ()
    notes: Sequence[str] = ()

    def call(self, column: str, a: str, b: str) -> Call | None:
        """Whether row `a` is better or worse than row `b` in a column; None where they were not compared."""
        return self._calls.get((column, a, b))

    @cached_property
    def _calls(self) -> Mapping[tuple[str, str, str], Call]:
        forth = {(found.column, found.a, found.b): found.call for found in self.comparisons}
        return forth | {(column, b, a): OPPOSITE[call] for (column, a, b), call in forth.items()}


OPPOSITE: Mapping[Call, Call] = {"better": "worse", "worse": "better", "cannot tell": "cannot tell"}

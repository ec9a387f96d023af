"""The verdict on a study, in a worker: every row's estimate in every column, and every pair of rows compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from mdf.core.progress import OnProgress, Stage
from mdf.registry import Catalog
from mdf.report.columns import HIGHER_IS_BETTER, Column
from mdf.report.rows import Row
from mdf.report.verdict import interval
from mdf.report.verdict.interval import Difference, Part
from mdf.report.verdict.scored import Kept, Measured, measured
from mdf.report.verdict.single_task import deltas
from mdf.report.verdict.words import LEVEL, Call, Comparison, Estimate, Verdict
from mdf.runs.statistics import background_notes, conditions

ALPHA = 1 - LEVEL


def judge(
    on_progress: OnProgress, rows: Sequence[Row], columns: Sequence[Column], plugins: Sequence[str], by_tag: bool
) -> Verdict:
    """Judge the score columns of a study's rows from the statistics that its trials left.

    With `by_tag` each task's headline score is also told of every condition's samples alone. Raises MdfError where a
    trial's statistics are missing or damaged, or a metric's plugin is not there.
    """
    catalog, kept = Catalog.discover(plugins), Kept()
    rows = [row for row in rows if row.done]
    estimates: dict[str, dict[str, Estimate]] = {row.label: {} for row in rows}
    comparisons: list[Comparison] = []
    groups: list[Column] = []
    notes: list[str] = []
    found: dict[str, Measured] = {}
    headlines = {(c.on, c.task): c for c in reversed(columns)}.values()
    for number, column in enumerate(columns):
        on_progress(Stage("weighing the differences", number, len(columns)))
        one, elsewhere = measured(rows, column, kept, catalog)
        notes += [f"{column.title}: `{label}` was scored on other images, and is not compared" for label in elsewhere]
        if one is None:
            continue
        found[column.title] = one
        _estimate(one, one.scores, column, estimates)
        comparisons += _compare(one)
        for name, chosen in conditions(one.images).items() if by_tag and column in headlines else ():
            group = replace(column, title=f"{column.title} · {name}", group=name)
            groups.append(group)
            _estimate(one, one.of(chosen), group, estimates)
    own = next((one.images for one in found.values() if one.column.on == ""), None)
    if by_tag and own is not None:
        notes += background_notes(own)
    return Verdict(estimates, comparisons, deltas(rows, list(headlines), found), groups, notes)


def _estimate(one: Measured, scores: interval.Floats, column: Column, into: dict[str, dict[str, Estimate]]) -> None:
    for label, (_, places) in one.rows.items():
        values = scores[places]
        if np.isfinite(values).all():
            into[label][column.title] = Estimate(float(values.mean()), interval.half_width(values), len(values))


def _compare(one: Measured) -> Iterator[Comparison]:
    """Every pair of rows, the earlier as `a`; none where nothing is known of the images' noise."""
    sums, kind = one.grouped
    if len(sums) < 2:
        return
    parts = {
        label: Part(one.scores[places], one.resampled[:, places], row.draws)
        for label, (row, places) in one.rows.items()
        if np.isfinite(one.scores[places]).all()
    }
    pairs = list(combinations(parts, 2))
    found = [interval.difference([(1.0, parts[a]), (-1.0, parts[b])], len(sums)) for a, b in pairs]
    corrected = interval.holm([each.p for each in found])
    open_pairs = max(1, sum(p >= ALPHA for p in corrected))
    for (a, b), each, p in zip(pairs, found, corrected, strict=True):
        call = _call(each, p, one.column)
        single = parts[a].single_run or parts[b].single_run
        yield Comparison(
            column=one.column.title,
            a=a,
            b=b,
            difference=each.value,
            low=each.value - each.half_width,
            high=each.value + each.half_width,
            p=p,
            call=call,
            more_seeds=each.more_seeds(ALPHA / open_pairs) if call == "cannot tell" and not single else None,
            single_run=single,
            images=len(one.images.ids),
            groups=len(sums),
            groups_are=kind,
        )


def _call(each: Difference, p: float, column: Column) -> Call:
    if p >= ALPHA:
        return "cannot tell"
    return "better" if (each.value > 0) == (column.direction == HIGHER_IS_BETTER) else "worse"

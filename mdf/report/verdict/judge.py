"""The verdict on a study: every row's estimate in every column, and every pair of rows compared. Runs in a worker."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from mdf.core.progress import OnProgress, Stage
from mdf.registry import Catalog
from mdf.report.columns import TableColumn, headlines
from mdf.report.rows import Row
from mdf.report.verdict import interval
from mdf.report.verdict.by_scene import by_scene, shown_by_scene
from mdf.report.verdict.column_statistics import ColumnStatistics, StatisticsCache, load_column
from mdf.report.verdict.interval import Difference, Floats, Part
from mdf.report.verdict.single_task import deltas
from mdf.report.verdict.verdict import LEVEL, Call, Comparison, Estimate, Verdict
from mdf.runs.statistics import background_notes, conditions
from mdf.study.request.request import Grouping

ALPHA = 1 - LEVEL


def judge(
    on_progress: OnProgress,
    rows: Sequence[Row],
    columns: Sequence[TableColumn],
    plugins: Sequence[str],
    by: Sequence[Grouping],
) -> Verdict:
    """Judge the score columns of a study's rows from the statistics that its trials stored.

    Each task's headline score is also computed for the samples of every condition, or of every scene, as `by` says.
    Raises MdfError if a
    trial's statistics are missing or damaged, or a metric's plugin is missing.
    """
    catalog, cache = Catalog.discover(plugins), StatisticsCache()
    rows = [row for row in rows if row.done]
    estimates: dict[str, dict[str, Estimate]] = {row.label: {} for row in rows}
    comparisons: list[Comparison] = []
    condition_columns: list[TableColumn] = []
    notes: list[str] = []
    loaded: dict[str, ColumnStatistics] = {}
    headline_columns = headlines(columns)
    for number, column in enumerate(columns):
        on_progress(Stage("comparing configurations", number, len(columns)))
        measured, on_other_images = load_column(rows, column, cache, catalog)
        notes += [
            f"{column.title}: `{label}` was scored on other images, so it is not compared" for label in on_other_images
        ]
        if measured is None:
            continue
        loaded[column.title] = measured
        _add_estimates(measured, measured.scores, column, estimates)
        comparisons += _compare_pairs(measured)
        for condition, chosen in (
            conditions(measured.images).items() if "tag" in by and column in headline_columns else ()
        ):
            part = replace(column, title=f"{column.title} · {condition}", condition=condition)
            condition_columns.append(part)
            _add_estimates(measured, measured.scores_on(chosen), part, estimates)
        if "scene" in by and column in shown_by_scene(headline_columns):
            scenes = by_scene(measured)
            condition_columns += scenes.columns
            notes += scenes.notes
            for label, values in scenes.estimates.items():
                estimates[label] |= values
    test_images = next((measured.images for measured in loaded.values() if measured.column.on == ""), None)
    if "tag" in by and test_images is not None:
        notes += background_notes(test_images)
    return Verdict(estimates, comparisons, deltas(rows, headline_columns, loaded), condition_columns, notes)


def _add_estimates(
    measured: ColumnStatistics, scores: Floats, column: TableColumn, estimates: dict[str, dict[str, Estimate]]
) -> None:
    """Add the mean over seeds of each row to `estimates`, if all of its seeds have a score."""
    for label, scored in measured.rows.items():
        values = scores[scored.trials]
        if np.isfinite(values).all():
            mean = Estimate(float(values.mean()), interval.half_width(values), len(values))
            estimates[label][column.title] = mean


def _compare_pairs(measured: ColumnStatistics) -> Iterator[Comparison]:
    """Every pair of rows, the earlier one as `a`; none if a single group of images says nothing about data noise."""
    sums, kind = measured.group_sums
    if len(sums) < 2:
        return
    parts = {
        label: Part(measured.scores[scored.trials], measured.resampled[:, scored.trials], scored.row.is_random)
        for label, scored in measured.rows.items()
        if np.isfinite(measured.scores[scored.trials]).all()
    }
    pairs = list(combinations(parts, 2))
    differences = [interval.difference([(1.0, parts[a]), (-1.0, parts[b])], len(sums)) for a, b in pairs]
    corrected = interval.holm([difference.p for difference in differences])
    undecided = max(1, sum(p >= ALPHA for p in corrected))
    for (a, b), difference, p in zip(pairs, differences, corrected, strict=True):
        call = _call(difference, p, measured.column)
        single_run = parts[a].single_run or parts[b].single_run
        yield Comparison(
            column=measured.column.title,
            a=a,
            b=b,
            difference=difference.value,
            low=difference.value - difference.half_width,
            high=difference.value + difference.half_width,
            p=p,
            call=call,
            more_seeds=difference.more_seeds(ALPHA / undecided) if call == "cannot tell" and not single_run else None,
            single_run=single_run,
            images=len(measured.images.ids),
            groups=len(sums),
            groups_are=kind,
        )


def _call(difference: Difference, p: float, column: TableColumn) -> Call:
    if p >= ALPHA:
        return "cannot tell"
    return "better" if (difference.value > 0) == column.higher_is_better else "worse"

"""A study's results as rows and columns: what is best, in which unit, how sure. Torch-free."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from mdf.core.files import finite
from mdf.core.plain import Plain
from mdf.report import front
from mdf.report.columns import ABSENT, HIGHER_IS_BETTER, Column, columns_of, format_value
from mdf.report.rows import Row, rows_of
from mdf.report.verdict.words import Estimate, Verdict
from mdf.runs.result import TrialResult


@dataclass(frozen=True)
class StudyReport:
    """The results of one study, in the order of its cells.

    Attributes:
        folder: where the study lies.
        results: one a trial, failed ones too.
        notes: what the reader must know to read the table right.
        unended: how many trials of the study have no result: killed, or not begun.
        verdict: what the statistics say; empty before they were asked.
    """

    folder: Path
    results: Sequence[TrialResult]
    notes: Sequence[str] = ()
    verdict: Verdict = field(default_factory=Verdict)
    unended: int = 0

    @property
    def ok(self) -> bool:
        """Whether every trial has scores."""
        return not self.unended and all(result.ok for result in self.results)

    @property
    def incomplete(self) -> str:
        """How many trials have no scores and why, in one line with its cure; "" where all have them."""
        return told_incomplete(self.results, self.unended)

    @cached_property
    def rows(self) -> list[Row]:
        """One a configuration, over its seeds."""
        return rows_of(self.results)

    @cached_property
    def columns(self) -> list[Column]:
        """The score columns in the tasks' order, each followed by those of its conditions, then the costs."""
        return [column for whole in columns_of(self.results) for column in (whole, *self.groups_of(whole))]

    def groups_of(self, whole: Column) -> list[Column]:
        """The columns of the same score by condition."""
        return [group for group in self.verdict.groups if replace(group, title=whole.title, group="") == whole]

    def estimate(self, row: Row, column: Column) -> Estimate | None:
        """A row's value in a column; None where it has none."""
        known = self.verdict.estimates.get(row.label, {}).get(column.title)
        if known is not None or column.group:
            return known
        values = row.values(column)
        return Estimate(sum(values) / len(values), None, len(values)) if values else None

    def text(self, row: Row, column: Column) -> str:
        """A row's value in a column as it is printed."""
        found = self.estimate(row, column)
        if found is None or (column.key == "parameters" and found.value == 0):
            return ABSENT
        text = format_value(column.key, found.value)
        return text if found.half_width is None else f"{text} ± {format_value(column.key, found.half_width)}"

    def best(self, column: Column) -> list[Row]:
        """The best row of a column, and those that the verdict cannot tell from it; costs among networks of one
        environment stamp only. Of a condition's samples alone none: they are not judged."""
        values = {} if column.group else self._ranked(column)
        if len(values) < 2:
            return []
        top = (max if column.direction == HIGHER_IS_BETTER else min)(values, key=lambda label: values[label])
        return [row for row in self.rows if row.label in values and self._is_level(column, row.label, top, values)]

    def _ranked(self, column: Column) -> dict[str, float]:
        """Values of the rows that may be ranked in a column, by label."""
        rows = self.rows
        if column.is_cost:
            rows = [row for row in rows if any(trial.costs.get("parameters") for trial in row.done)]
            if len({json.dumps(t.stamp, sort_keys=True, default=str) for row in rows for t in row.done}) > 1:
                return {}
        found = {row.label: self.estimate(row, column) for row in rows}
        return {label: estimate.value for label, estimate in found.items() if estimate is not None}

    def _is_level(self, column: Column, label: str, top: str, values: Mapping[str, float]) -> bool:
        if self.verdict.estimates and not column.is_cost:
            return label == top or self.verdict.call(column.title, top, label) == "cannot tell"
        return format_value(column.key, values[label]) == format_value(column.key, values[top])

    @cached_property
    def front(self) -> list[Row]:
        """The rows that no other row dominates in `front_columns`: the Pareto front."""
        return front.front(self)

    @cached_property
    def front_columns(self) -> list[Column]:
        """What the front is drawn over: by default mask IoU, depth RMSE, latency and peak memory, where they are."""
        return front.default_columns(self.columns)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for `--json` and files; NaN and infinity become None."""
        told = {
            "folder": str(self.folder),
            "complete": self.ok,
            "notes": list(self.notes),
            "columns": [
                {"title": c.title, "key": c.key, "direction": c.direction, "group": c.group, "protocol": c.protocol}
                for c in self.columns
            ],
            "rows": [self._plain_row(row) for row in self.rows],
            "comparisons": [asdict(found) | {"words": found.words} for found in self.verdict.comparisons],
            "single_task": [asdict(found) for found in self.verdict.deltas],
            "front": {"columns": [c.title for c in self.front_columns], "rows": [row.label for row in self.front]},
            "trials": [_plain(result) for result in self.results],
        }
        return cast(dict[str, Any], finite(told))

    def _plain_row(self, row: Row) -> dict[str, Any]:
        found = {column.title: self.estimate(row, column) for column in self.columns}
        return {
            "label": row.label,
            "seeds": [trial.config.get("seed") for trial in row.done] if row.draws else [],
            "trials": [trial.id for trial in row.trials],
            "failed": [trial.id for trial in row.failed],
            "values": {title: asdict(estimate) for title, estimate in found.items() if estimate is not None},
            "best": [column.title for column in self.columns if row in self.best(column)],
        }

    def to_markdown(self) -> str:
        """The table in Markdown, best values bold, with notes and failures below."""
        best = {(row.label, c.title) for c in self.columns for row in self.best(c)}
        lines = ["| configuration | " + " | ".join(c.title for c in self.columns) + " |"]
        lines.append("|---|" + "---:|" * len(self.columns))
        for row in self.rows:
            texts = [(self.text(row, c), (row.label, c.title) in best) for c in self.columns]
            cells = [f"**{text}**" if marked else text for text, marked in texts]
            lines.append(f"| {row_name(row).replace('|', '/')} | " + " | ".join(cells) + " |")
        failures = [f"- {r.label}: {r.status}: {r.reason}" for r in self.results if not r.ok]
        return "\n".join([*lines, "", *(f"- {note}" for note in self.notes), *failures]) + "\n"


def row_name(row: Row) -> str:
    """A row's label, and how its seeds ended where not all have scores: `unet (1 of 3 failed)`."""
    if not row.failed:
        return row.label
    statuses = " and ".join(sorted({trial.status for trial in row.failed}))
    of = f"{len(row.failed)} of {len(row.trials)} " if len(row.trials) > 1 else ""
    return f"{row.label} ({of}{statuses})"


def _plain(result: TrialResult) -> dict[str, Any]:
    return {
        "id": result.id,
        "label": result.label,
        "status": result.status,
        "reason": result.reason,
        "scores": dict(result.scores),
        "costs": dict(result.costs),
        "best_step": result.best_step,
        "split_by": result.split_by,
        "config": result.config,
        "environment": dict(result.stamp),
        "folder": result.folder,
    }


def told_incomplete(results: Sequence[TrialResult], unended: int) -> str:
    """Of a study's `results`, and of `unended` trials without one: who has no scores; "" where none is without."""
    ends = Counter(result.status for result in results if not result.ok)
    counts = [f"{count} ended as `{status}`" for status, count in sorted(ends.items())]
    counts += [f"{unended} {'has' if unended == 1 else 'have'} not ended"] if unended else []
    if not counts:
        return ""
    ended = [status for status in sorted(ends) if status != "interrupted"]  # that goes on by itself
    again = f" with --retry {','.join(ended)}" if ended else ""
    without, total = sum(ends.values()) + unended, len(results) + unended
    return f"incomplete: {without} of {total} trials have no scores ({', '.join(counts)}); run the command again{again}"


def notes_of(results: Sequence[TrialResult], told: Sequence[str] = (), unended: int = 0) -> list[str]:
    """What a reader must know: who has no scores, seeds, scene-specific scores, what is `told` of the study, where it
    ran."""
    notes = [line] if (line := told_incomplete(results, unended)) else []
    rows = rows_of(results)
    seeds = {len(row.done) for row in rows if row.draws and any(trial.scores for trial in row.done)}
    if seeds and max(seeds) > 1:
        notes.append("± is the 95 % interval of the mean over seeds, on these test images (Student's t)")
    if 1 in seeds:
        which = "1 seed" if max(seeds) == 1 else "1 seed in some rows"
        rests = ", small differences may be noise, and what is marked best or on the front rests on them"
        notes.append(f"{which}: single run: data noise only{rests if len(rows) > 1 else ''}")
    if any(result.split_by == "time" for result in results):
        notes.append("scene-specific: one camera, trained and tested at different times")
    notes += told
    machines = {f"{r.stamp['device_name']}, {r.stamp['precision']}, {_threads(r.stamp['threads'])}" for r in results}
    notes.append(f"ran on {' and on '.join(sorted(machines))}")
    return notes


def _threads(count: Plain) -> str:
    return f"{count} thread{'' if count == 1 else 's'} a trial"

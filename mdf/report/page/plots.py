"""What the page's plots are drawn from: values with intervals, learning curves, conditions. Torch-free."""

from __future__ import annotations

from math import isfinite
from pathlib import Path
from typing import Any

from mdf.core.errors import MdfError
from mdf.core.files import finite, read_json
from mdf.report.columns import ABSENT, Column
from mdf.report.page import looks
from mdf.report.page.tables import headlines, scale_of
from mdf.report.report import StudyReport
from mdf.runs.result import TrialResult

HISTORY = "history.json"
DIGITS = 6
CURVES = (
    "Each trial's validation; the large mark is the epoch that was chosen, by its selection score: the mean over "
    "tasks of the headline score, scaled between the untrained network (0) and a perfect one (1)."
)
COSTS_FIRST = ("latency_p50", "peak_memory", "parameters", "train_seconds")
"""What scores are drawn over where it was measured, the first first."""


def context(report: StudyReport) -> dict[str, Any]:
    """The plots' data, and words that stand for them where they are not seen."""
    curves = [
        curve
        for number, row in enumerate(report.rows)
        for trial in row.done
        if (curve := _curve(trial, number, report))
    ]
    conditions = _conditions(report)
    data = {
        "rows": [_row(report, number) for number in range(len(report.rows))],
        "columns": [{"title": c.title, "group": c.group, "direction": c.direction} for c in report.columns],
        "values": [[_value(report, row, column) for column in report.columns] for row in report.rows],
        "start": _start(report),
        "curves": curves,
        "series": list(dict.fromkeys(name for curve in curves for name in curve["series"])),
        "conditions": conditions,
    }
    return {"data": finite(data), "alt": _alt(report, bool(curves), bool(conditions))}


def _row(report: StudyReport, number: int) -> dict[str, Any]:
    row = report.rows[number]
    return {
        "label": row.label,
        "front": row in report.front,
        "colour": looks.COLOURS[looks.colour(number)],
        "plot_symbol": looks.mark(number)[1],
        "dash": looks.dash(number),
    }


def _value(report: StudyReport, row: Any, column: Column) -> list[float | None] | None:
    """A value in its title's unit, and half of its interval. What the table has no number for (a method's parameters,
    a memory that did not suffice) has no point."""
    found = report.estimate(row, column)
    if found is None or report.text(row, column) == ABSENT or not isfinite(found.value):
        return None
    scale = scale_of(column)
    return [found.value / scale, None if found.half_width is None else found.half_width / scale]


def _start(report: StudyReport) -> dict[str, int]:
    """The columns that the trade-off begins with: the first headline score over the first cost."""
    score = next(iter(headlines(report)), None)
    costs = {c.key: c for c in report.columns if c.is_cost}
    cost = next((costs[key] for key in COSTS_FIRST if key in costs), None)
    return {"y": report.columns.index(score) if score else 0, "x": report.columns.index(cost) if cost else 0}


def _curve(trial: TrialResult, row: int, report: StudyReport) -> dict[str, Any] | None:
    """A trial's training: validation scores and training losses over steps. None where it was not trained."""
    try:
        epochs = read_json(Path(trial.folder) / HISTORY)
    except MdfError:
        return None
    if not epochs:
        return None
    series: dict[str, list[float | None]] = {"selection": [_rounded(e.get("selection")) for e in epochs]}
    for part, name in (("scores", "validation {}"), ("losses", "training loss of {}")):
        keys = list(dict.fromkeys(key for epoch in epochs for key in epoch.get(part, {})))
        series |= {name.format(key): [_rounded(epoch.get(part, {}).get(key)) for epoch in epochs] for key in keys}
    seed = f" · seed {trial.config.get('seed')}" if len(report.rows[row].trials) > 1 else ""
    label = f"{report.rows[row].label}{seed}"
    steps = [epoch["step"] for epoch in epochs]
    return {"row": row, "label": label, "best_step": trial.best_step, "steps": steps, "series": series}


def _rounded(value: float | None) -> float | None:
    """A plot needs no more digits."""
    return None if value is None else float(f"{value:.{DIGITS}g}")


def _conditions(report: StudyReport) -> list[dict[str, Any]]:
    """For each score that is known by condition: the conditions and their columns."""
    found: dict[str, dict[str, Any]] = {}
    for number, column in enumerate(report.columns):
        if column.group:
            whole = next(
                c for c in report.columns if not c.group and (c.key, c.protocol) == (column.key, column.protocol)
            )
            entry = found.setdefault(whole.title, {"title": whole.title, "groups": [], "columns": []})
            entry["groups"].append(column.group)
            entry["columns"].append(number)
    return list(found.values())


def _alt(report: StudyReport, curves: bool, conditions: bool) -> dict[str, str]:
    front = ", ".join(row.label for row in report.front)
    over = ", ".join(column.title for column in report.front_columns)
    return {
        "tradeoff": f"Filled: on the Pareto front of {over} ({front})." if front else "Each configuration once.",
        "curves": CURVES if curves else "",
        "conditions": "Scores of the test samples of each condition; a sample may be in several." if conditions else "",
    }

"""The page's tables: rows, columns, verdicts, failures, protocols. Torch-free."""

from __future__ import annotations

import json
import re
from math import isfinite
from typing import Any

from mdf.report.columns import HIGHER_IS_BETTER, Column, format_value
from mdf.report.page import looks
from mdf.report.report import StudyReport, row_name
from mdf.report.rows import Row
from mdf.report.verdict.words import OPPOSITE, Comparison
from mdf.study.costs.columns import COSTS

NAMED = 6
"""Rows that are named where many are level with the best."""


def context(report: StudyReport) -> dict[str, Any]:
    """What the page's tables need; scores of single conditions stand in their plot alone."""
    columns = [column for column in report.columns if not column.group]
    best = {(row.label, column.title) for column in columns for row in report.best(column)}
    return {
        "name": report.folder.name,
        "slug": re.sub(r"[^A-Za-z0-9_-]+", "-", report.folder.name).strip("-") or "report",
        "lead": _lead(report),
        "columns": [_column(column) for column in columns],
        "rows": [_row(report, row, number, columns, best) for number, row in enumerate(report.rows)],
        "front_over": [c.title for c in report.front_columns] if report.front else [],
        "notes": list(report.notes),
        "leaders": [leader for column in headlines(report) if (leader := _leader(report, column))],
        "comparisons": [table for column in headlines(report) if (table := _comparisons(report, column))],
        "single_task": _single_task(report),
        "failures": [
            {"label": r.label, "status": r.status, "reason": r.reason, "hint": r.hint}
            for r in report.results
            if not r.ok
        ],
        "trials": len(report.results),
        "many_seeds": any(len(row.done) > 1 for row in report.rows),
        **_protocols(columns),
        "stamps": _stamps(report),
    }


def headlines(report: StudyReport) -> list[Column]:
    """The first score column of each task on each data set."""
    found: dict[tuple[str, str], Column] = {}
    for column in report.columns:
        if not column.is_cost and not column.group:
            found.setdefault((column.task, column.on), column)
    return list(found.values())


def scale_of(column: Column) -> float:
    """What a column's values are divided by to have the unit in its title."""
    return COSTS[column.key].scale if column.is_cost else 1.0


def _lead(report: StudyReport) -> str:
    rows, trials = len(report.rows), len(report.results)
    data = sorted({_data_name(result.config) for result in report.results})
    said = ", ".join(data)
    told = [f"{rows} configuration{'s' if rows != 1 else ''}", f"{trials} trial{'s' if trials != 1 else ''}"]
    return f"{', '.join(told)}{f' on {said}' if data else ''}"


def _data_name(config: Any) -> str:
    data = config.get("data", "scenes")
    return str(data["name"] if isinstance(data, dict) else data)


def _column(column: Column) -> dict[str, Any]:
    up = column.direction == HIGHER_IS_BETTER
    about = "; ".join(f"{key}: {value}" for key, value in column.protocol.items() if value not in ("", None))
    return {
        "title": column.title,
        "arrow": "↑" if up else "↓",
        "direction": column.direction,
        "first": "descending" if up else "ascending",
        "about": about or "cost",
        "minor": _is_minor(column),
    }


def _is_minor(column: Column) -> bool:
    """Whether it stands aside until all columns are asked for."""
    return column.is_cost and not COSTS[column.key].main


def _row(
    report: StudyReport, row: Row, number: int, columns: list[Column], best: set[tuple[str, str]]
) -> dict[str, Any]:
    return {
        "label": row.label,
        "name": row_name(row),
        "failed": bool(row.failed),
        "front": row in report.front,
        "colour": looks.colour(number),
        "symbol": looks.mark(number)[0],
        "cells": [{**_cell(report, row, column), "best": (row.label, column.title) in best} for column in columns],
    }


def _cell(report: StudyReport, row: Row, column: Column) -> dict[str, Any]:
    found = report.estimate(row, column)
    return {
        "text": report.text(row, column),
        "value": repr(found.value) if found is not None and isfinite(found.value) else None,
        "minor": _is_minor(column),
        "about": "1 seed" if found is not None and row.single_run and not column.is_cost else "",
    }


def _leader(report: StudyReport, column: Column) -> dict[str, Any] | None:
    """The best of a column, with those that cannot be told from it."""
    best = report.best(column)
    top = _top(report, best, column)
    if top is None:
        return None
    others = [row.label for row in best if row is not top]
    more = f" and {len(others) - NAMED} more" if len(others) > NAMED else ""
    level = [f"not to be told from it: {', '.join(others[:NAMED])}{more}"] if others else []
    return {"title": f"best {column.title}", "text": report.text(top, column), "rows": [top.label, *level]}


def _top(report: StudyReport, best: list[Row], column: Column) -> Row | None:
    """The first of the rows that are level; None where there are none."""
    values = [(found.value, row) for row in best if (found := report.estimate(row, column)) is not None]
    first = max if column.direction == HIGHER_IS_BETTER else min
    return first(values, key=lambda pair: pair[0])[1] if values else None


def _comparisons(report: StudyReport, column: Column) -> dict[str, Any] | None:
    """Every row against the best one of a column, the nearest first."""
    found = [c for c in report.verdict.comparisons if c.column == column.title]
    top = _top(report, report.best(column), column)
    if not found or top is None:
        return None
    lines = [_line(c, top.label, column.key) for c in found if top.label in (c.a, c.b)]
    return {"title": column.title, "best": top.label, "lines": sorted(lines, key=lambda line: abs(line["raw"]))}


def _line(found: Comparison, best: str, key: str) -> dict[str, Any]:
    """A comparison told of the other row: its difference from the best one."""
    turned = found.a == best  # it was told of the best one
    sign = -1.0 if turned else 1.0
    low, high = sorted((sign * found.low, sign * found.high))
    call = OPPOSITE[found.call] if turned else found.call
    return {
        "label": found.b if turned else found.a,
        "raw": sign * found.difference,
        "difference": _signed(key, sign * found.difference),
        "interval": f"{_signed(key, low)} to {_signed(key, high)}",
        "p": "< 0.001" if found.p < 0.001 else f"{found.p:.3f}",
        "call": "" if found.single_run else call,
        "words": call if found.words == found.call else found.words,
    }


def _signed(key: str, value: float) -> str:
    text = format_value(key, value)
    return text if text.startswith("-") else f"+{text}"


def _single_task(report: StudyReport) -> list[dict[str, str]]:
    return [
        {
            "row": found.row,
            "value": f"{found.value:+.1%}{' (single run: data noise only)' if found.single_run else ''}",
            "interval": f"{found.low:+.1%} to {found.high:+.1%}",
            "baselines": "; ".join(f"{task}: {label}" for task, label in found.baselines.items()),
        }
        for found in report.verdict.deltas
    ]


def _protocols(columns: list[Column]) -> dict[str, Any]:
    scores = [column for column in columns if not column.is_cost]
    parts = list(dict.fromkeys(key for column in scores for key in column.protocol))
    lines = [{"title": c.title, "parts": [_plain(c.protocol.get(part)) for part in parts]} for c in scores]
    return {"protocol_parts": parts, "protocols": lines}


def _plain(value: object) -> str:
    return "–" if value in (None, "") else str(value)


def _stamps(report: StudyReport) -> list[list[tuple[str, str]]]:
    different = {json.dumps(dict(r.stamp), sort_keys=True, default=str): r.stamp for r in report.results}
    return [[(key.replace("_", " "), _plain(value)) for key, value in stamp.items()] for stamp in different.values()]

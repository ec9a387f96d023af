"""A study's results as rows and columns: what is best, in which unit, how sure. Torch-free."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from mdf.study.files import finite
from mdf.study.results import TrialResult

ABSENT = "–"
COSTS = {"parameters": "parameters", "train_seconds": "train s"}
HIGHER_IS_BETTER = "higher"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the table. Scores of different protocols have different columns.

    Attributes:
        title: what stands above it, with the unit.
        key: where its values lie: a score's `task/metric` or a cost's name.
        direction: `higher` or `lower` is better.
        protocol: (scores) everything that decides what the number means; empty for costs.
    """

    title: str
    key: str
    direction: str
    protocol: Mapping[str, Any] = field(default_factory=dict)

    def value(self, result: TrialResult) -> float | None:
        """The result's value in this column; None where it has none."""
        if not self.protocol:
            return result.costs.get(self.key)
        alike = any(c["key"] == self.key and _protocol(c) == dict(self.protocol) for c in result.columns)
        value = result.scores.get(self.key) if alike else None
        return None if value is None or value != value else value

    def text(self, result: TrialResult) -> str:
        """The value as it is printed."""
        value = self.value(result)
        if value is None or (self.key == "parameters" and value == 0):
            return ABSENT
        return format_value(self.key, value)


def format_value(key: str, value: float) -> str:
    """A number with the digits that are worth reading."""
    if key == "parameters":
        return f"{value / 1e6:.2f} M"
    if key == "train_seconds":
        return f"{value:.1f}"
    return f"{value:.3f}" if abs(value) < 1000 else f"{value:.4g}"


@dataclass(frozen=True)
class Report:
    """The results of one study, in the order of its cells.

    Attributes:
        folder: where the study lies.
        results: one a trial, failed ones too.
        notes: what the reader must know to read the table right.
    """

    folder: Path
    results: Sequence[TrialResult]
    notes: Sequence[str] = ()

    @property
    def ok(self) -> bool:
        """Whether every trial has scores."""
        return all(result.ok for result in self.results)

    @property
    def columns(self) -> list[Column]:
        """The score columns in the tasks' order, then the costs."""
        scores: dict[str, Column] = {}
        for result in self.results:
            for found in result.columns:
                protocol = _protocol(found)
                identity = json.dumps([found["key"], protocol], sort_keys=True)
                scores.setdefault(identity, Column(_title(found), found["key"], protocol["direction"], protocol))
        groups = [_group(c) for c in scores.values()]
        ordered = _told_apart(sorted(scores.values(), key=lambda c: groups.index(_group(c))))
        return ordered + [Column(title, key, "lower") for key, title in COSTS.items()]

    def best(self, column: Column) -> list[TrialResult]:
        """The results that are best in `column`: costs among networks of one environment stamp only."""
        candidates = [r for r in self.results if r.ok and column.value(r) is not None]
        if not column.protocol:
            candidates = [r for r in candidates if r.costs.get("parameters")]
            if len({json.dumps(r.stamp, sort_keys=True, default=str) for r in candidates}) > 1:
                return []
        printed = {r.id: column.text(r) for r in candidates}
        values = {r.id: column.value(r) or 0.0 for r in candidates}
        if len(candidates) < 2:
            return []
        top = max(values.values()) if column.direction == HIGHER_IS_BETTER else min(values.values())
        shown = format_value(column.key, top)
        return [r for r in candidates if printed[r.id] == shown]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for `--json` and files; NaN and infinity become None."""
        told = {
            "folder": str(self.folder),
            "notes": list(self.notes),
            "columns": [
                {"title": c.title, "key": c.key, "direction": c.direction, "protocol": dict(c.protocol)}
                for c in self.columns
            ],
            "trials": [_plain(result) for result in self.results],
        }
        return cast(dict[str, Any], finite(told))

    def to_markdown(self) -> str:
        """The table in Markdown, best values bold, with notes and failures below."""
        columns = self.columns
        best = {(r.id, c.title) for c in columns for r in self.best(c)}
        lines = ["| configuration | " + " | ".join(c.title for c in columns) + " |"]
        lines.append("|---|" + "---:|" * len(columns))
        for result in self.results:
            cells = [f"**{c.text(result)}**" if (result.id, c.title) in best else c.text(result) for c in columns]
            label = result.label if result.ok else f"{result.label} ({result.status})"
            lines.append(f"| {label.replace('|', '/')} | " + " | ".join(cells) + " |")
        failures = [f"- {r.label}: {r.status}: {r.reason}" for r in self.results if not r.ok]
        return "\n".join([*lines, "", *(f"- {note}" for note in self.notes), *failures]) + "\n"


def _protocol(described: Mapping[str, Any]) -> dict[str, Any]:
    return {**described["protocol"], **described.get("options", {})}


def _group(column: Column) -> tuple[str, str]:
    """Columns of one data set stand together, and in it those of one task."""
    key, _, on = column.key.partition("@")
    return on, key.split("/")[0]


def _told_apart(columns: Sequence[Column]) -> list[Column]:
    """The columns with titles of their own: where two have one, each says what its protocol has of its own."""
    shared = {c.title: [o.protocol for o in columns if o.title == c.title] for c in columns}

    def title(column: Column) -> str:
        alike = shared[column.title]
        differing = {k: v for k, v in column.protocol.items() if any(other.get(k) != v for other in alike)}
        own = ", ".join(f"{key} {value}" for key, value in differing.items())
        return f"{column.title} ({own})" if own else column.title

    return [replace(column, title=title(column)) for column in columns]


def _title(described: Mapping[str, Any]) -> str:
    unit = described["protocol"]["unit"]
    on = f"{described['on']}: " if described.get("on") else ""
    return f"{on}{described['task']} {described['label']}{f' [{unit}]' if unit else ''}"


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


def notes_of(results: Sequence[TrialResult], left_out: Mapping[str, str]) -> list[str]:
    """What a reader must know: seeds, scene-specific scores, rows left out, where it ran."""
    notes = []
    seeds = {result.config["seed"] for result in results}
    notes.append(f"1 seed{' a row' if len(seeds) > 1 else ''}: small differences may be noise")
    if any(result.split_by == "time" for result in results):
        notes.append("scene-specific: one camera, trained and tested at different times")
    notes += [f"{label} is left out: {why}" for label, why in left_out.items()]
    machines = {f"{r.stamp['device_name']}, {r.stamp['precision']}, {r.stamp['threads']} threads" for r in results}
    notes.append(f"ran on {' and on '.join(sorted(machines))}")
    return notes

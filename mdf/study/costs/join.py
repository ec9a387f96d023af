"""Brings measured costs and trial results together, by what a study wrote down. Torch-free."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from mdf.core.config import to_table
from mdf.core.files import read_json, write_json
from mdf.runs.result import TrialResult, from_plain, to_plain
from mdf.study.cell import LabelledCell
from mdf.study.costs import record
from mdf.study.costs.columns import in_runtime
from mdf.study.costs.key import cost_key
from mdf.study.costs.runtimes.request import CostRuntime, runtime_key

FILE = "costs.json"


def write_keys(
    study: Path,
    trials: Sequence[LabelledCell],
    cost_only: Collection[str],
    runtimes: Sequence[CostRuntime] = (),
) -> None:
    """Write down which costs belong to which trial of a study, and its rows that are costs alone."""
    table = {
        "runtimes": {t.id: {one.label: runtime_key(t.cell, one) for one in runtimes} for t in trials if runtimes},
        "keys": {trial.id: cost_key(trial.cell) for trial in trials},
        "cost_only": [to_plain(_untrained(trial)) for trial in trials if trial.id in cost_only],
        "order": [trial.id for trial in trials],
    }
    write_json(study / FILE, table)


def with_costs(results: Sequence[TrialResult], study: Path) -> list[TrialResult]:
    """The results of a study with their measured costs, and its rows of costs alone, in the order of its cells."""
    if not (study / FILE).is_file():
        return list(results)
    table = read_json(study / FILE)
    trained = {result.id for result in results}
    untrained = [from_plain(row, study) for row in table["cost_only"] if row["id"] not in trained]
    place = {key: number for number, key in enumerate(table["order"])}
    rows = sorted([*results, *untrained], key=lambda result: place.get(result.id, len(place)))
    runtimes = table.get("runtimes", {})
    return [
        _joined(result, table["keys"].get(result.id, ""), runtimes.get(result.id, {}), study.parent) for result in rows
    ]


def _joined(result: TrialResult, key: str, in_runtimes: Mapping[str, str], runs: Path) -> TrialResult:
    measured = record.load(key, runs).costs if key else {}
    for runtime, own in in_runtimes.items():
        measured |= {in_runtime(cost, runtime): value for cost, value in record.load(own, runs).measured.items()}
    return replace(result, costs={**measured, **result.costs})


def _untrained(trial: LabelledCell) -> TrialResult:
    cell = trial.cell
    return TrialResult(trial.id, trial.label, "ok", to_table(cell.config), stamp=cell.stamp, split_by=cell.split_by)

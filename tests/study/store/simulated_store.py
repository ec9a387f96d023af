"""Attempts of which there are only the files that a store reads."""

from __future__ import annotations

from pathlib import Path

from mdf.runs.result import TrialResult, commit
from mdf.study.store.store import Store


def ended(runs: Path, name: str, status: str = "ok", study: str = "night", **fields: object) -> TrialResult:
    """An attempt whose files are there."""
    folder = runs / study / name
    folder.mkdir(parents=True, exist_ok=True)
    key, _, number = name.partition(".")
    result = TrialResult(
        key, f"unet {key}", status, {"seed": 0}, attempt=int(number or 1), folder=str(folder), **fields
    )  # type: ignore[arg-type]
    commit(folder, result)
    return result


def names(store: Store, *statuses: str) -> set[str]:
    """The folders of the attempts that have a row, and ended so."""
    return {Path(r.folder).name for r in store.results() if not statuses or r.status in statuses}

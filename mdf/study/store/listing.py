"""Which runs there are: of every trial the attempt that is its result."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from mdf.runs.attempts import all_ended, standing
from mdf.runs.result import TrialResult
from mdf.runs.studies import find_study, trials_of
from mdf.study.store.store import open_store


@dataclass(frozen=True, slots=True)
class Run:
    """A trial's result, and how many attempts there were at it."""

    result: TrialResult
    attempts: int

    @property
    def study(self) -> str:
        """The study that ran it first; others may share it."""
        return Path(self.result.folder).parent.name


@dataclass(frozen=True, slots=True)
class Listing:
    """Runs, the one that ended last first; and results that are damaged, one line each."""

    runs: Sequence[Run] = ()
    damaged: Sequence[str] = ()


def list_runs(runs: Path, study: str | None = None, statuses: Collection[str] | None = None) -> Listing:
    """The runs in a folder: of a study (also those it shares with others), and that ended as one of `statuses`.

    Raises MdfError where there is no such study or the store cannot be opened.
    """
    members = trials_of(find_study(study, runs)).keys() if study else None
    if not any(all_ended(runs)):
        return Listing()  # and no store is made of a folder that is none of ours
    store = open_store(runs, to_read=True)
    trials: dict[str, list[TrialResult]] = {}
    for result in store.results():
        trials.setdefault(result.id, []).append(result)
    found = [
        Run(standing(sorted(attempts, key=lambda a: a.attempt)), len(attempts))
        for key, attempts in trials.items()
        if members is None or key in members
    ]
    shown = [run for run in found if statuses is None or run.result.status in statuses]
    return Listing(shown, store.damaged)

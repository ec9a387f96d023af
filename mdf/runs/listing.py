"""Which runs there are, read from their result files. Torch-free."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mdf.core.errors import MdfError
from mdf.runs.attempts import all_ended, counting, ended_attempts
from mdf.runs.find import find_run
from mdf.runs.result import CONFIG, TrialResult, load
from mdf.runs.studies import find_study, trials_of


@dataclass(frozen=True, slots=True)
class Run:
    """How a trial ended, and how many attempts there were.

    Attributes:
        study: the study that ran it first; other studies may share it.
        scores: test scores by column key.
        started, ended: UTC, ISO 8601.
        machine: the computer's name.
        folder: of the attempt that is the trial's result.
    """

    id: str
    study: str
    label: str
    status: str
    reason: str
    scores: Mapping[str, float]
    started: str
    ended: str
    machine: str
    folder: str
    attempts: int


@dataclass(frozen=True, slots=True)
class RunListing:
    """Runs, the newest first, and one line for each damaged result file."""

    runs: Sequence[Run] = ()
    damaged: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class RunDetails:
    """One run in full: its result, all attempts at its trial, and its `config.toml` ("" if it failed before that)."""

    result: TrialResult
    attempts: Sequence[TrialResult]
    config: str


@dataclass(frozen=True, slots=True)
class StudySize:
    """The size on disk of one study, in bytes."""

    name: str
    size: int


def list_runs(runs: Path, study: str | None = None, statuses: Collection[str] | None = None) -> RunListing:
    """The runs in the folder `runs`, the newest first.

    With `study`, only that study's, also those that it shares with others. With `statuses`, only those that ended so.
    Each result file is read once. Raises MdfError if there is no such study.
    """
    members = trials_of(find_study(study, runs)).keys() if study else None
    trials: dict[str, list[TrialResult]] = {}
    damaged: list[str] = []
    for folder in all_ended(runs):
        try:
            result = load(folder)
        except MdfError as error:
            damaged.append(error.message)
            continue
        trials.setdefault(result.id, []).append(result)
    listed = [_run(attempts) for key, attempts in trials.items() if members is None or key in members]
    return RunListing([run for run in listed if statuses is None or run.status in statuses], damaged)


def show_run(run: str, runs: Path) -> RunDetails:
    """The run that `run` means: a folder, the start of an id, or `latest`. Raises MdfError for none or several."""
    folder = find_run(run, runs)
    result = load(folder)
    config = folder / CONFIG
    text = config.read_text(encoding="utf-8") if config.is_file() else ""
    return RunDetails(result, ended_attempts(result.id, folder.parent.parent), text)


def study_sizes(runs: Path) -> list[StudySize]:
    """The size of every folder in `runs`, the largest first."""
    folders = [folder for folder in runs.glob("*") if folder.is_dir()]
    sizes = [StudySize(folder.name, _size(folder)) for folder in folders]
    return sorted(sizes, key=lambda study: -study.size)


def _run(attempts: Sequence[TrialResult]) -> Run:
    result = counting(sorted(attempts, key=lambda attempt: attempt.attempt))
    return Run(
        id=result.id,
        study=Path(result.folder).parent.name,
        label=result.label,
        status=result.status,
        reason=result.reason,
        scores=result.scores,
        started=result.started,
        ended=result.ended,
        machine=result.machine,
        folder=result.folder,
        attempts=len(attempts),
    )


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())

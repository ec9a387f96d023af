"""A study on disk: its folder, its trials, and their results. Torch-free."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from mdf.core.errors import MdfError
from mdf.core.files import read_json, write_json
from mdf.runs.attempts import result_of
from mdf.runs.result import STUDY, TrialResult


def write_study(study: Path, labels: Mapping[str, str], notes: Sequence[str] = ()) -> None:
    """Write the study's file into its folder `study`.

    `labels` are its trials' labels by id, in order; `notes` are what a reader must know and no result says.
    """
    write_json(study / STUDY, {"trials": dict(labels), "notes": list(notes)})


def trials_of(study: Path) -> dict[str, str]:
    """The labels of a study's trials by id, in order. Raises MdfError if there is no such study."""
    return _read(study)[0]


def stored_notes(study: Path) -> list[str]:
    """The notes of a study. Raises MdfError if there is no such study."""
    return _read(study)[1]


def _read(study: Path) -> tuple[dict[str, str], list[str]]:
    """Trials and notes."""
    table = read_json(study / STUDY)
    if not isinstance(table, dict) or not isinstance(table.get("trials"), dict):
        raise MdfError(f"{study / STUDY} is damaged", "run the study's command again")
    trials = {str(key): str(label) for key, label in table["trials"].items()}
    return trials, [str(note) for note in table.get("notes", ())]


def all_studies(runs: Path) -> list[Path]:
    """The folder of every study, the newest first."""
    files = [path for path in runs.glob(f"*/{STUDY}") if not path.parent.name.startswith(".")]
    return [path.parent for path in sorted(files, key=lambda p: p.stat().st_mtime_ns, reverse=True)]


def find_study(text: str, runs: Path) -> Path:
    """The folder that `text` means: a study's folder, its name, the start of that, or `latest`.

    Raises MdfError if none or several are meant.
    """
    if (Path(text) / STUDY).is_file():
        return Path(text)
    studies = all_studies(runs)
    if text == "latest" and studies:
        return studies[0]
    exact = [study for study in studies if study.name == text]
    meant = exact or [study for study in studies if text and study.name.startswith(text)]
    if len(meant) == 1:
        return meant[0]
    if meant:
        names = ", ".join(study.name for study in meant[:5])
        raise MdfError(f"`{text}` is the start of {len(meant)} studies: {names}", "write more of the name")
    known = f"the latest are {', '.join(study.name for study in studies[:3])}" if studies else "there is none yet"
    raise MdfError(f"there is no study `{text}` in {runs}", f"{known}; a study is a folder, its name, or `latest`")


def results_of(study: Path) -> Sequence[TrialResult]:
    """The result of every trial of a study that has one, in the order of its cells, with the study's own labels.

    Another study may have run a trial. Raises MdfError if a result is damaged.
    """
    results = ((result_of(key, study.parent), label) for key, label in trials_of(study).items())
    return [replace(result, label=label) for result, label in results if result is not None]


def users_of(trials: Collection[str], runs: Path) -> list[str]:
    """The names of all studies that one of `trials` belongs to."""
    return [study.name for study in all_studies(runs) if not trials_of(study).keys().isdisjoint(trials)]

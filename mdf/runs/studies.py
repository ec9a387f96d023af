"""A study on disk: the folder that its name means, and the results of its trials. Torch-free."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mdf.core.errors import MdfError
from mdf.core.files import read_json, write_json
from mdf.runs.attempts import result_of
from mdf.runs.result import STUDY, TrialResult


def write_study(study: Path, labels: Mapping[str, str], notes: Sequence[str] = ()) -> None:
    """Write down the trials of the study in the folder `study`: their labels by id, in order; and its `notes`, what
    a reader must know that no result tells."""
    write_json(study / STUDY, {"trials": dict(labels), "notes": list(notes)})


def trials_of(study: Path) -> dict[str, str]:
    """The labels of a study's trials by id, in order. Raises MdfError where there is no such study."""
    found = _read(study)
    return {str(key): str(label) for key, label in found["trials"].items()}


def told_of(study: Path) -> list[str]:
    """The notes that were written down with a study. Raises MdfError where there is no such study."""
    return [str(note) for note in _read(study).get("notes", ())]


def _read(study: Path) -> dict[str, Any]:
    found = read_json(study / STUDY)
    if not isinstance(found, dict) or not isinstance(found.get("trials"), dict):
        raise MdfError(f"{study / STUDY} is damaged", "run the study's command again")
    return found


def all_studies(runs: Path) -> list[Path]:
    """The folder of every study, the latest first."""
    found = [path for path in runs.glob(f"*/{STUDY}") if not path.parent.name.startswith(".")]
    return [path.parent for path in sorted(found, key=lambda p: p.stat().st_mtime_ns, reverse=True)]


def find_study(text: str, runs: Path) -> Path:
    """The folder that `text` means: a study's folder, its name, the start of that, or `latest`.

    Raises MdfError where none or several are meant.
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

    A trial may have been run by another study beside it. Raises MdfError where a result is damaged.
    """
    found = ((result_of(key, study.parent), label) for key, label in trials_of(study).items())
    return [replace(result, label=label) for result, label in found if result is not None]


def users_of(trials: Collection[str], runs: Path) -> list[str]:
    """The names of the studies that one of `trials` belongs to; where its files lie, and others that share it."""
    return [study.name for study in all_studies(runs) if not trials_of(study).keys().isdisjoint(trials)]

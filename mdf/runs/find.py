"""Finds the run that a text means: a path, the start of an id, or `latest`. Torch-free."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from mdf.core.errors import MdfError
from mdf.core.shared.pointer import is_somewhere
from mdf.runs.attempts import all_ended, folders_of, result_of, trial_of
from mdf.runs.result import CONFIG, WEIGHTS, has_ended
from mdf.runs.studies import find_study, trials_of

RUNS = Path("runs")
"""Where runs are kept by default."""


class UnknownRunError(MdfError):
    """No run has this name."""


def find_network(run: str, runs: Path) -> Path:
    """The folder that `run` means: a folder, the start of an id, or `latest`, the last run that left a network.

    Raises MdfError if none or several are meant, UnknownRunError if none has this name.
    """
    if (Path(run) / CONFIG).is_file():
        return Path(run)
    if run == "latest":
        for folder in all_ended(runs):
            if is_somewhere(folder / WEIGHTS):
                return folder
    return find_run(run, runs)


def find_attempts(text: str, runs: Path) -> list[Path]:
    """All attempts at the run that `text` means; only one if it names that one. Raises as `find_run`."""
    folder = find_run(text, runs)
    named = folder == Path(text) or (folder.name == text and "." in text)
    return [folder] if named else folders_of(trial_of(folder), runs)


def find_run(text: str, runs: Path) -> Path:
    """The folder that `text` means: a path, the start of a trial's id, or `latest`.

    If a trial has several attempts, the one that is its result; with `.2` after the id, the second. Raises MdfError if
    none or several are meant.
    """
    path = Path(text)
    if has_ended(path):
        return path
    ended = list(all_ended(runs))
    if text == "latest" and ended:
        return ended[0]
    meant = [folder for folder in ended if text and folder.name.startswith(text)]
    exact = next((folder for folder in meant if "." in text and folder.name == text), None)
    if exact is not None:
        return exact
    trials = list(dict.fromkeys(map(trial_of, meant)))
    if len(trials) > 1:
        raise MdfError(f"`{text}` is the start of {len(trials)} runs: {', '.join(trials[:5])}", "write more of the id")
    result = result_of(trials[0], runs) if trials else None
    if result is not None:
        return Path(result.folder)
    raise _unknown(text, runs, ended)


def _unknown(text: str, runs: Path, ended: Sequence[Path]) -> MdfError:
    """The error that no run is called `text`; it lists the runs of a study of that name."""
    if text != "latest":
        with suppress(MdfError):
            study = find_study(text, runs)
            ids = [*trials_of(study)]
            some = ", ".join([*ids[:5], *(["…"] if len(ids) > 5 else [])])
            return MdfError(
                f"`{text}` names a study, and a run is needed; its runs are: {some}",
                f"`mdf runs list --study {study.name}` describes each; `mdf report {study.name}` reports all",
            )
    known = f"the latest are {', '.join(f.name for f in ended[:3])}" if ended else "there is no run yet"
    return UnknownRunError(
        f"there is no run `{text}` in {runs}", f"{known}; a run is a folder, the start of an id, or `latest`"
    )

"""A trial's attempts, each in its own folder: `<id>`, `<id>.2`, …

None is overwritten. The last one that ended well is the trial's result. One that was interrupted or killed continues.
Torch-free. Only files decide.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from mdf.core.errors import ConfigError
from mdf.core.files import make_folder
from mdf.core.shared.pointer import is_somewhere, pointer_of
from mdf.runs.result import CHECKPOINT, RESULT, STATUSES, TrialResult, has_ended, load

INTERRUPTED = "interrupted"
FAILURES = ("failed", "oom", "diverged", "timeout")
SETTLED = ("ok", *FAILURES)
"""Statuses that stay until the trial is explicitly run again."""


def trial_of(folder: Path) -> str:
    """The id of the trial whose attempt `folder` is."""
    return folder.name.partition(".")[0]


def number_of(folder: Path) -> int:
    """The number of the attempt in `folder`, from 1."""
    number = folder.name.partition(".")[2]
    return int(number) if number.isdecimal() else 1


def folders_of(key: str, runs: Path) -> list[Path]:
    """Every attempt at trial `key`, in any study, the last one last."""
    folders = [path for path in (*runs.glob(f"*/{key}"), *runs.glob(f"*/{key}.*")) if path.is_dir() and _is_shown(path)]
    return _in_order(folders)


def attempts_of(keys: Collection[str], runs: Path) -> dict[str, list[Path]]:
    """The same of several trials, by their keys, in one look at the folder `runs`."""
    found: dict[str, list[Path]] = {key: [] for key in keys}
    for path in runs.glob("*/*"):
        if (key := trial_of(path)) in found and _is_shown(path) and path.is_dir():
            found[key].append(path)
    return {key: _in_order(folders) for key, folders in found.items()}


def _in_order(folders: Iterable[Path]) -> list[Path]:
    """Attempts, the last one last."""
    return sorted(folders, key=lambda path: (number_of(path), _ended_at(path)))


def all_ended(runs: Path) -> Iterator[Path]:
    """The folder of every attempt that has ended, the newest first."""
    folders = [path.parent for path in runs.glob(f"*/*/{RESULT}") if _is_shown(path.parent)]
    yield from sorted(folders, key=_ended_at, reverse=True)


def counting(results: Sequence[TrialResult]) -> TrialResult:
    """The attempt that is its trial's result: the last one that ended well, or else the last."""
    return sorted(results, key=lambda result: (result.ok, result.attempt))[-1]


def ended_attempts(key: str, runs: Path) -> list[TrialResult]:
    """The results of all attempts at trial `key`, the last one last. Raises MdfError if one is damaged."""
    return [load(folder) for folder in folders_of(key, runs) if has_ended(folder)]


def result_of(key: str, runs: Path) -> TrialResult | None:
    """The result of trial `key`; None if no attempt has ended. Raises MdfError if one is damaged."""
    ended = ended_attempts(key, runs)
    return counting(ended) if ended else None


def settled(folder: Path) -> TrialResult | None:
    """The result in `folder`; None if the attempt has not ended, or was interrupted: it is continued."""
    result = load(folder) if has_ended(folder) else None
    return None if result is None or result.status == INTERRUPTED else result


def planned(key: str, study: Path, again: Collection[str], known: Sequence[Path] | None = None) -> Path:
    """The folder of the attempt at trial `key` in `study`: one whose result is kept, one to continue, or a new one.

    `known` holds its attempts, the last one last, if they were looked up before. The result of an attempt is not kept
    if its status is in `again`. A new attempt lies beside the first.
    """
    attempts = folders_of(key, study.parent) if known is None else known
    if not attempts:
        return study / key
    last = attempts[-1]
    ended = [result for result in map(settled, attempts) if result is not None]
    kept = counting(ended) if ended else None
    unfinished = settled(last) is None
    if kept is not None and kept.status not in again and (kept.ok or not unfinished):
        return Path(kept.folder)
    return last if unfinished else last.parent / f"{key}.{number_of(last) + 1}"


def continue_timeout(folder: Path) -> None:
    """Let a new attempt in `folder` continue one that ran out of time, from its checkpoint. Changes no result."""
    key, number = trial_of(folder), number_of(folder)
    before = folder.with_name(key if number == 2 else f"{key}.{number - 1}")
    if number == 1 or folder.exists() or not is_somewhere(before / CHECKPOINT):
        return
    result = settled(before)
    if result is not None and result.status == "timeout":
        make_folder(folder)
        for path in (before / CHECKPOINT, pointer_of(before / CHECKPOINT)):
            if path.is_file():
                path.rename(folder / path.name)


def read_statuses(text: str, known: Collection[str] = STATUSES) -> frozenset[str]:
    """`failed,oom` as statuses. Raises ConfigError for a status that is not in `known`."""
    statuses = [part.strip() for part in text.split(",")]
    for status in statuses:
        if status not in known:
            raise ConfigError(f"`{status}` is not a status that can be given here", f"they are {', '.join(known)}")
    return frozenset(statuses)


def _is_shown(folder: Path) -> bool:
    """Whether it belongs to a study: hidden folders are being removed."""
    return not folder.name.startswith(".") and not folder.parent.name.startswith(".")


def _ended_at(folder: Path) -> int:
    try:
        return (folder / RESULT).stat().st_mtime_ns
    except FileNotFoundError:
        return 0

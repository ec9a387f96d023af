"""A trial's attempts, each in a folder of its own: `<id>`, `<id>.2`, …

None is overwritten. The last that ended well is the trial's result; one that was interrupted or killed is gone on with.
Torch-free, and the files alone decide.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from mdf.core.errors import ConfigError
from mdf.core.files import make_folder
from mdf.runs.result import CHECKPOINT, RESULT, STATUSES, TrialResult, has_ended, load

INTERRUPTED = "interrupted"
UNWELL = ("failed", "oom", "diverged", "timeout")
SETTLED = ("ok", *UNWELL)
"""Statuses that stand until they are asked for again."""


def trial_of(folder: Path) -> str:
    """The id of the trial that `folder` is an attempt of."""
    return folder.name.partition(".")[0]


def number_of(folder: Path) -> int:
    """Which attempt of its trial `folder` is, from 1."""
    number = folder.name.partition(".")[2]
    return int(number) if number.isdecimal() else 1


def folders_of(key: str, runs: Path) -> list[Path]:
    """Every attempt at trial `key`, in whichever study, the last one last."""
    found = [path for path in (*runs.glob(f"*/{key}"), *runs.glob(f"*/{key}.*")) if path.is_dir() and _is_shown(path)]
    return sorted(found, key=lambda path: (number_of(path), _ended_at(path)))


def all_ended(runs: Path) -> Iterator[Path]:
    """The folder of every attempt that has ended, the latest first."""
    found = [path.parent for path in runs.glob(f"*/*/{RESULT}") if _is_shown(path.parent)]
    yield from sorted(found, key=_ended_at, reverse=True)


def standing(results: Sequence[TrialResult]) -> TrialResult:
    """Which of a trial's attempts is its result: the last that ended well, else the last."""
    return sorted(results, key=lambda result: (result.ok, result.attempt))[-1]


def ended_attempts(key: str, runs: Path) -> list[TrialResult]:
    """The results of all attempts at trial `key`, the last one last. Raises MdfError where one is damaged."""
    return [load(folder) for folder in folders_of(key, runs) if has_ended(folder)]


def result_of(key: str, runs: Path) -> TrialResult | None:
    """The result of trial `key`; None where no attempt has ended. Raises MdfError where one is damaged."""
    ended = ended_attempts(key, runs)
    return standing(ended) if ended else None


def settled(folder: Path) -> TrialResult | None:
    """The result in `folder`; None where nothing ended there, or was interrupted: it goes on."""
    result = load(folder) if has_ended(folder) else None
    return None if result is None or result.status == INTERRUPTED else result


def planned(key: str, study: Path, again: Collection[str]) -> Path:
    """The folder that decides trial `key` in `study`: of the attempt that stands, goes on, or is new.

    An attempt of a status in `again` does not stand. Every new attempt lies beside the first.
    """
    attempts = folders_of(key, study.parent)
    if not attempts:
        return study / key
    last = attempts[-1]
    ended = [result for result in map(settled, attempts) if result is not None]
    kept = standing(ended) if ended else None
    goes_on = settled(last) is None
    if kept is not None and kept.status not in again and (kept.ok or not goes_on):
        return Path(kept.folder)
    return last if goes_on else last.parent / f"{key}.{number_of(last) + 1}"


def continue_timeout(folder: Path) -> None:
    """Let a new attempt in `folder` go on from where the one before it ran out of time: no result depends on that."""
    key, number = trial_of(folder), number_of(folder)
    before = folder.with_name(key if number == 2 else f"{key}.{number - 1}")
    if number == 1 or folder.exists() or not (before / CHECKPOINT).is_file():
        return
    result = settled(before)
    if result is not None and result.status == "timeout":
        make_folder(folder)
        (before / CHECKPOINT).rename(folder / CHECKPOINT)


def read_statuses(text: str, known: Collection[str] = STATUSES) -> frozenset[str]:
    """`failed,oom` as statuses. Raises ConfigError where one is none of the `known`."""
    asked = [part.strip() for part in text.split(",")]
    for status in asked:
        if status not in known:
            raise ConfigError(f"`{status}` is none of the statuses meant here", f"they are {', '.join(known)}")
    return frozenset(asked)


def _is_shown(folder: Path) -> bool:
    """Whether it is a study's: hidden folders are what is being removed."""
    return not folder.name.startswith(".") and not folder.parent.name.startswith(".")


def _ended_at(folder: Path) -> int:
    try:
        return (folder / RESULT).stat().st_mtime_ns
    except FileNotFoundError:
        return 0

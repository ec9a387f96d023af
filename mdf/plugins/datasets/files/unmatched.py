"""Samples with a missing file. Such a sample cannot be read, and each has its own error."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from mdf.core.errors import DataError
from mdf.core.spread import spread

Files = TypeVar("Files")

FEW = 8
"""Number of samples that are checked when a data set is opened."""


@dataclass(frozen=True, slots=True)
class Unmatched:
    """Stands for a sample with a missing file: what is missing, and what to do."""

    what: str
    cure: str


def found(match: Callable[..., Files], *names: Any) -> Files | Unmatched:
    """What `match` returns for these arguments, or why it raised DataError."""
    try:
        return match(*names)
    except DataError as error:
        return Unmatched(error.message, error.hint)


def matched(sample: Files | Unmatched) -> Files:
    """The sample's files. Raises DataError if a file is missing."""
    if isinstance(sample, Unmatched):
        raise DataError(sample.what, sample.cure)
    return sample


def check_some(count: int, check: Callable[[int], object]) -> None:
    """Check a few of `count` samples, spread over all. If none passes, raise what `check` raises for the first one.

    So a mistake in all files is an error when the data set is opened. A mistake in a few files is an error when they
    are read, because such samples can be skipped.
    """
    for position in spread(count, FEW):
        with suppress(DataError):
            check(position)
            return
    check(0)

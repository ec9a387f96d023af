"""Files that lack what belongs to them: samples that cannot be read, each told by itself."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from mdf.core.background import spread
from mdf.core.errors import DataError

Files = TypeVar("Files")

FEW = 8
"""Samples that are looked at when a data set is opened."""


@dataclass(frozen=True, slots=True)
class Unmatched:
    """The place of a sample that has no files to read it from: what is missing, and the cure."""

    what: str
    cure: str


def found(match: Callable[..., Files], *names: Any) -> Files | Unmatched:
    """What `match` finds of these names, or why it raised DataError."""
    try:
        return match(*names)
    except DataError as error:
        return Unmatched(error.message, error.hint)


def matched(sample: Files | Unmatched) -> Files:
    """The sample's files. Raises DataError where they are not all there."""
    if isinstance(sample, Unmatched):
        raise DataError(sample.what, sample.cure)
    return sample


def check_some(count: int, check: Callable[[int], object]) -> None:
    """Raise what `check` raises of the first of `count` samples, unless one of a few passes, spread over all.

    So a mistake in all files is an error when the data set is opened. A mistake in a few files is an error when they
    are read, because such samples may be left out.
    """
    for position in spread(count, FEW):
        with suppress(DataError):
            check(position)
            return
    check(0)

"""Masks whose values the user declares: `mask_foreground`, `mask_ignore`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from mdf.core.errors import DataError
from mdf.plugins.datasets.files.masks.facts import MaskFacts
from mdf.plugins.datasets.files.masks.meaning import Labels, Plane, listed, values_of
from mdf.plugins.datasets.files.masks.options import MaskOptions, Values, colour_code
from mdf.plugins.datasets.files.masks.void import united, void_of

Stored = Literal["levels", "index", "colour"]


def declared_values(facts: Sequence[MaskFacts], plane: Stored, options: MaskOptions) -> Labels:
    """What masks mean if the user declares it. The user may declare only one of the two options. Without `mask_ignore`,
    255 beside labels does not count. Without `mask_foreground`, all values are foreground except 0 (or black) and the
    ignored ones.

    Raises
        DataError: a file has no such values, or too many; no declared value occurs.
    """
    many = [fact.name for fact in facts if values_of(fact, plane) is None]
    if many:
        raise DataError(
            f"The mask {many[0]} holds too many values, or none of the kind that mask_foreground and mask_ignore name.",
            "Is it a mask? Set mask_from to what holds the mask, or restore the file.",
        )
    counts = united(facts, plane)
    known = frozenset(counts)
    ignored = _values(options.mask_ignore, plane, "mask_ignore") if options.mask_ignore is not None else None
    if options.mask_foreground is None:
        ignored = ignored or frozenset()
        foreground = known - ignored - {0}
    else:
        foreground = _values(options.mask_foreground, plane, "mask_foreground")
        if ignored is None:
            ignored = void_of(counts) - foreground if plane != "colour" else frozenset()
        _check_occur(foreground, known, plane)
    if both := foreground & ignored:
        raise DataError(f"mask_foreground and mask_ignore both name {listed(both, plane)}.", "Name it in one of them.")
    words = f"{WORDS[plane]}: {listed(foreground, plane)} foreground" + (
        f", {listed(ignored, plane)} ignored" if ignored else ""
    )
    return Labels(plane, foreground & known, known - foreground - ignored, ignored & known, words)


WORDS = {"levels": "levels", "index": "palette indices", "colour": "colours"}


def refuse_lossy(facts: Sequence[MaskFacts]) -> None:
    """Raise DataError if compression has changed the values of a file, because labels then have no fixed values."""
    lossy = [fact.name for fact in facts if fact.lossy]
    if lossy:
        raise DataError(
            f"The mask {lossy[0]} is compressed with loss, which changes the values that name labels.",
            "Save masks as PNG, or set mask_threshold: pixels above this level are foreground (for colours: the "
            "brightest channel).",
        )


def _values(declared: Values | None, plane: Plane, option: str) -> frozenset[int]:
    found = set()
    for value in declared or ():
        number = colour_code(value) if isinstance(value, str) and plane == "colour" else value
        if not isinstance(number, int):
            like = "[1]" if plane != "colour" else '["#fa3253"]'
            raise DataError(
                f"{option} names {value!r}, and the masks of this set are {WORDS.get(plane, plane)}.",
                f"Write it as {option}={like}.",
            )
        found.add(number)
    return frozenset(found)


def _check_occur(foreground: frozenset[int], known: frozenset[int], plane: Plane) -> None:
    if not foreground & known:
        raise DataError(
            f"No mask holds what mask_foreground names ({listed(foreground, plane)}).",
            f"They hold {listed(known, plane)}.",
        )

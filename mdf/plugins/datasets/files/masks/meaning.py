"""What the masks of a data set mean: which pixels of a decoded file are foreground, background or do not count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from mdf.core.errors import DataError
from mdf.plugins.datasets.files.masks.facts import MaskFacts, brightest, grey_levels
from mdf.plugins.datasets.files.masks.picture import MaskPicture

Plane = Literal["levels", "index", "colour", "brightest", "alpha"]
Foreground = NDArray[np.uint8]
Flags = NDArray[np.bool_]
CHECK = (
    "`mdf data info` shows how the masks are read; restore the file, or set mask_foreground, mask_ignore or mask_from."
)


class MaskMeaning(Protocol):
    """How a mask file is read."""

    @property
    def words(self) -> str:
        """The decision in words, for people."""

    def read(self, picture: MaskPicture, name: str) -> tuple[Foreground, Flags]:
        """Foreground (H×W uint8, 0 or 1) and validity (H×W bool) of a decoded file.

        Raises
            DataError: the file does not fit the decision. `name` is the name of the file.
        """

    def counts(self, facts: MaskFacts) -> tuple[int, int]:
        """How many pixels of a file are foreground, and how many are valid."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """Pixels whose level (or alpha, or brightest channel) is above `above` are foreground; None = above half of the
    range of the file's number type."""

    plane: Literal["levels", "brightest", "alpha"]
    above: int | None
    words: str

    def read(self, picture: MaskPicture, name: str) -> tuple[Foreground, Flags]:
        """As `MaskMeaning.read`."""
        levels = plane_of(picture, self.plane, name)
        above = self.above if self.above is not None else (255 if self.plane == "alpha" else picture.largest) // 2
        return (levels > above).astype(np.uint8), np.ones(levels.shape, np.bool_)

    def counts(self, facts: MaskFacts) -> tuple[int, int]:
        """As `MaskMeaning.counts`."""
        if self.plane == "alpha":
            return (facts.alpha.seen if facts.alpha else facts.pixels), facts.pixels
        if self.plane == "brightest":
            return sum(n for level, n in (facts.brightest or {}).items() if level > (self.above or 0)), facts.pixels
        if facts.grey is None:
            return 0, facts.pixels
        if self.above is None or facts.grey.levels is None:
            return facts.grey.above, facts.pixels
        return sum(n for level, n in facts.grey.levels.items() if level > self.above), facts.pixels


@dataclass(frozen=True, slots=True)
class Labels:
    """Each value is foreground, background, or does not count. No other value may occur."""

    plane: Literal["levels", "index", "colour"]
    foreground: frozenset[int]
    background: frozenset[int]
    ignored: frozenset[int]
    words: str

    def read(self, picture: MaskPicture, name: str) -> tuple[Foreground, Flags]:
        """As `MaskMeaning.read`."""
        values = plane_of(picture, self.plane, name)
        known = np.array(sorted(self.foreground | self.background | self.ignored), np.int64)
        if not len(known):
            known = np.zeros(1, np.int64)
        at = np.searchsorted(known, values).clip(max=len(known) - 1)
        strange = known[at] != values
        if strange.any():
            value = shown(int(values[strange][0]), self.plane)
            raise DataError(f"{name} holds the value {value}, which no mask held when the data set was opened.", CHECK)
        foreground = np.isin(known, list(self.foreground))[at]
        ignored = np.isin(known, list(self.ignored))[at]
        return foreground.astype(np.uint8), ~ignored

    def counts(self, facts: MaskFacts) -> tuple[int, int]:
        """As `MaskMeaning.counts`."""
        values = values_of(facts, self.plane) or {}
        ignored = sum(n for value, n in values.items() if value in self.ignored)
        return sum(n for value, n in values.items() if value in self.foreground), facts.pixels - ignored


def plane_of(picture: MaskPicture, plane: Plane, name: str) -> NDArray[Any]:
    """The plane of a decoded file that is read: H×W. Raises DataError if there is no such plane."""
    if plane == "alpha":
        return np.full(picture.size, 255, np.uint8) if picture.alpha is None else picture.alpha
    if plane == "colour":
        return picture.colours()
    if plane == "brightest":
        return brightest(picture.colours())
    if plane == "index":
        if picture.kind == "index" or not picture.values.any():
            return picture.values
        raise DataError(f"{name} has no palette, and the masks of this set are palette indices.", CHECK)
    levels = grey_levels(picture)
    if levels is None:
        if picture.kind == "index":
            return picture.values
        raise DataError(f"{name} has colours, and the masks of this set are levels.", CHECK)
    return levels


def values_of(facts: MaskFacts, plane: Plane) -> dict[int, int] | None:
    """Number of pixels of each value of a plane, as `plane_of` gives it; None if there are too many values to list, or
    no such plane."""
    if plane == "levels":
        return facts.grey.levels if facts.grey else facts.values if facts.kind == "index" else None
    if plane == "index":
        return facts.values if facts.kind == "index" or facts.is_black else None
    return colours_of(facts)


def colours_of(facts: MaskFacts) -> dict[int, int] | None:
    """Number of pixels of each colour; None if there are too many colours to list."""
    if facts.values is None or facts.kind == "colour":
        return facts.values
    found: dict[int, int] = {}
    for value, pixels in facts.values.items():
        level = value * 255 // facts.largest
        code = facts.palette[value] if facts.palette is not None else level << 16 | level << 8 | level
        found[code] = found.get(code, 0) + pixels
    return found


def shown(value: int, plane: Plane) -> str:
    """A value as people write it: a colour as `#rrggbb`."""
    return f"#{value:06x}" if plane == "colour" else str(value)


def listed(values: frozenset[int] | set[int], plane: Plane, most: int = 6) -> str:
    """Some values, smallest first, as people write them."""
    texts = [shown(value, plane) for value in sorted(values)]
    return ", ".join(texts[:most]) + (f" and {len(texts) - most} more" if len(texts) > most else "")

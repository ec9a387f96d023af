"""What one mask file holds, reduced to a few numbers: what masks mean is decided from those of all files."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mdf.plugins.datasets.files.masks.picture import CHROMA, Kind, MaskPicture

MOST, MOST_DEEP = 64, 256
"""Different values that are listed of one file, and of one of 16 bits: labels are few, soft edges many."""
LOW, HIGH = 0.1, 0.9
"""Shares of the range within which a level is neither black nor white."""


@dataclass(frozen=True, slots=True)
class GreyFacts:
    """Of a file that can be read as levels.

    Attributes:
        levels: pixels of each level; None where there are more than `MOST`.
        top: the largest level.
        above: pixels above half of `span`.
        span: the largest level that was taken for white: the kind's own, or 255 in 16 bits that hold no more.
        between: pixels that are neither nearly black nor nearly white.
        flat: those of them that equal their right and their lower neighbour: regions, not soft edges.
    """

    levels: dict[int, int] | None
    top: int
    above: int
    span: int
    between: int
    flat: int


@dataclass(frozen=True, slots=True)
class AlphaFacts:
    """Of a file that is not opaque everywhere.

    Attributes:
        seen: pixels of which at least half is seen.
        one_colour: all pixels have one colour, so that it says nothing.
        photograph: there are more than `MOST` colours, which no mask has.
        agrees: what is not seen has one colour, which nothing that is seen has: both show one shape.
    """

    seen: int
    one_colour: bool
    photograph: bool
    agrees: bool


@dataclass(frozen=True, slots=True)
class MaskFacts:
    """Of one mask file.

    Attributes:
        name: its path below the data set's folder.
        kind: what it stores.
        values: pixels of each stored value; None where there are more than `MOST`.
        palette: the colour of each used index.
        brightest: of colours and palettes, pixels of each level of the brightest channel.
        pixels: how many there are.
        digest: a hash of all that is stored.
        error: why it cannot be read; the rest is empty then.
    """

    name: str
    kind: Kind = "levels"
    largest: int = 255
    lossy: bool = False
    white_at_zero: bool = False
    values: dict[int, int] | None = None
    palette: dict[int, int] | None = None
    brightest: dict[int, int] | None = None
    grey: GreyFacts | None = None
    alpha: AlphaFacts | None = None
    pixels: int = 0
    digest: str = ""
    error: str = ""

    @property
    def is_black(self) -> bool:
        """Whether 0 is all that is stored, which is empty in whatever set."""
        return set(self.values or {1: 1}) == {0}


def facts_of(name: str, picture: MaskPicture) -> MaskFacts:
    """The facts of a decoded mask."""
    values = counted(picture.values)
    palette = None
    if picture.palette is not None:
        palette = {int(i): int(picture.palette[i]) for i in np.unique(picture.values)}
    levels = grey_levels(picture)
    digest = blake2b(np.ascontiguousarray(picture.values).data, digest_size=8)
    if picture.alpha is not None:
        digest.update(np.ascontiguousarray(picture.alpha).data)
    return MaskFacts(
        name,
        picture.kind,
        picture.largest,
        picture.lossy,
        picture.white_at_zero,
        values,
        palette,
        None if picture.kind == "levels" else counted(brightest(picture.colours()), most=256),
        None if levels is None else _grey(levels, picture.largest),
        _alpha(picture),
        picture.values.size,
        digest.hexdigest(),
    )


def brightest(colours: NDArray[np.int32]) -> NDArray[np.uint8]:
    """The brightest channel of each colour."""
    channels: list[NDArray[np.int32]] = [colours >> 16, colours >> 8 & 255, colours & 255]
    most: NDArray[np.uint8] = np.max(channels, axis=0).astype(np.uint8)
    return most


def counted(values: NDArray[Any], most: int | None = None) -> dict[int, int] | None:
    """Pixels of each value; None where there are more than `most`, or else than `MOST`."""
    if values.dtype == np.uint8:
        pixels = np.bincount(values.ravel(), minlength=256)
        found = np.flatnonzero(pixels)
        counts = pixels[found]
    else:
        found, counts = np.unique(values, return_counts=True)
    if len(found) > (most or (MOST_DEEP if values.dtype == np.uint16 else MOST)):
        return None
    return {int(value): int(count) for value, count in zip(found, counts, strict=True)}


def grey_levels(picture: MaskPicture) -> NDArray[Any] | None:
    """H×W levels, where that is what the file shows; None where it has colours, or a palette that shows several of its
    indices as one."""
    if picture.kind == "levels":
        return picture.values
    if picture.palette is not None:
        used = np.unique(picture.values)
        shown = picture.palette[used]
        grey = ((shown >> 16) == (shown & 255)) & ((shown >> 8 & 255) == (shown & 255))
        if not grey.all() or len(np.unique(shown)) != len(used):
            return None
        return np.asarray(picture.palette[picture.values] & 255, np.uint8)
    red, green, blue = picture.values >> 16, picture.values >> 8 & 255, picture.values & 255
    apart = max(int(np.abs(red - green).max()), int(np.abs(green - blue).max())) if picture.values.size else 0
    return np.asarray(green, np.uint8) if apart <= (CHROMA if picture.lossy else 0) else None


def _grey(levels: NDArray[Any], largest: int) -> GreyFacts:
    top = int(levels.max()) if levels.size else 0
    span = 255 if largest > 255 and top <= 255 else largest
    between = (levels > LOW * span) & (levels < HIGH * span)
    flat = between[:-1, :-1] & (levels[:-1, :-1] == levels[:-1, 1:]) & (levels[:-1, :-1] == levels[1:, :-1])
    above = int((levels > span // 2).sum())
    return GreyFacts(counted(levels), top, above, span, int(between.sum()), int(flat.sum()))


def _alpha(picture: MaskPicture) -> AlphaFacts | None:
    if picture.alpha is None or (picture.alpha == 255).all():
        return None
    seen = picture.alpha >= 128
    colours = picture.colours()
    return AlphaFacts(
        int(seen.sum()),
        one_colour=bool((colours == colours.flat[0]).all()),
        photograph=len(np.unique(colours)) > MOST,
        agrees=_agree(picture.alpha, colours),
    )


def _agree(alpha: NDArray[np.uint8], colours: NDArray[np.int32]) -> bool:
    around = np.unique(colours[alpha == 0])
    return len(around) == 1 and not (colours[alpha >= 128] == around[0]).any()

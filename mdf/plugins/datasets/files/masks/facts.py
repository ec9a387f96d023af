"""The facts of one mask file: a few numbers. The facts of all files decide what the masks mean."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mdf.plugins.datasets.files.masks.picture import CHROMA, Kind, MaskPicture

MOST, MOST_DEEP = 64, 256
"""Most values that are listed for one file, and for one of 16 bits. Labels have few values, soft edges have many."""
LOW, HIGH = 0.1, 0.9
"""Between these shares of the range a level is neither black nor white."""


@dataclass(frozen=True, slots=True)
class GreyFacts:
    """Facts of a file that can be read as levels.

    Attributes:
        levels: number of pixels of each level; None if there are more than `MOST` levels.
        top: the largest level.
        above: number of pixels above half of `span`.
        span: the level of white: the largest level of the number type, or 255 if 16-bit levels are not above it.
        between: number of pixels that are neither nearly black nor nearly white.
        flat: how many of these equal their right and their lower neighbour. They are regions, not soft edges.
    """

    levels: dict[int, int] | None
    top: int
    above: int
    span: int
    between: int
    flat: int


@dataclass(frozen=True, slots=True)
class AlphaFacts:
    """Facts of a file that is not opaque everywhere.

    Attributes:
        seen: number of pixels that are at least half opaque.
        one_colour: whether all pixels have the same colour, so that the colours show nothing.
        photograph: whether there are more than `MOST` colours. No mask has so many.
        agrees: whether all transparent pixels have one colour that no opaque pixel has. Then both show the same shape.
    """

    seen: int
    one_colour: bool
    photograph: bool
    agrees: bool


@dataclass(frozen=True, slots=True)
class MaskFacts:
    """Facts of one mask file.

    Attributes:
        name: its path below the data set's folder.
        kind: what it stores.
        values: number of pixels of each stored value; None if there are more than `MOST` values.
        palette: the colour of each used index.
        brightest: for colours and palettes, the number of pixels of each level of the brightest channel.
        pixels: number of pixels.
        digest: a hash of everything that is stored.
        error: why it cannot be read. Then the other attributes are empty.
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
        """Whether only 0 is stored. Such a mask is empty in every data set."""
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
    """Number of pixels of each value; None if there are more values than `most` (by default `MOST`)."""
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
    """H×W levels, if the file shows levels; None if it has colours, or a palette with the same colour for several
    indices."""
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

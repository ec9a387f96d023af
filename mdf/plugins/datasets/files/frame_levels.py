"""Frames of more than 8 bits: which levels they use, and which levels become black and white."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator

from mdf.core.component import ComponentConfig
from mdf.core.dataset import Doubt
from mdf.core.errors import DataError
from mdf.core.image import load, open_image
from mdf.core.sixteen_bit import FrameRange, Limits, as_bytes, deep_colours, deep_grey, is_deep, maximum_of
from mdf.core.spread import spread
from mdf.plugins.datasets.files.kept import kept

MEANING = "frame levels 2"
LOOKED_AT = 64
"""Number of examined frames, evenly spread over a data set."""
PIXELS = 65_536
"""Approximate number of examined pixels of a frame."""
ENDS = (0.1, 99.9)
"""Percentiles that become black and white."""
MOST = 4096
FEW = 64
"""If fewer 8-bit levels remain, a warning says how many were lost."""


class FrameOptions(ComponentConfig):
    """How frames of more than 8 bits become 8."""

    frame_range: FrameRange = Field(
        "full",
        description="The two levels that become black and white, in frames of more than 8 bits (thermal, machine "
        f"vision): `full` = the ends of 16 bits, `percentile` = the {ENDS[0]} and {ENDS[1]} % percentiles of the data "
        "set, or two levels (`[3000, 4500]`). A run stores the two levels and reads every frame with them.",
    )

    @field_validator("frame_range")
    @classmethod
    def _ascends(cls, value: FrameRange) -> FrameRange:
        if not isinstance(value, str) and value[0] >= value[1]:
            raise ValueError(f"from {value[0]} to {value[1]} is not a range: the smaller level must come first")
        return value


@dataclass(frozen=True, slots=True)
class LevelFacts:
    """Facts of frames of more than 8 bits: the number of examined frames, the largest possible level, the levels at the
    ends, and the different levels in use, up to about `MOST` of them."""

    frames: int
    largest: int
    low: float
    high: float
    levels: list[float]


def level_facts(files: Sequence[Path]) -> LevelFacts | None:
    """Which levels these frames use, from some of them; None if none has more than 8 bits."""
    chosen = [files[position] for position in spread(len(files), LOOKED_AT)] if files else []
    found = kept(MEANING, chosen, list[LevelFacts], lambda: list(_look(chosen)))
    return found[0] if found else None


def limits_for(declared: FrameRange, files: Sequence[Path]) -> Limits | None:
    """The levels that become black and white; None = all of 16 bits."""
    if declared == "full":
        return None
    if not isinstance(declared, str):
        return declared
    facts = level_facts(files)
    if facts is None:
        return None
    low, high = math.floor(facts.low), math.ceil(facts.high)
    return low, max(high, low + 1)


def level_words(facts: LevelFacts, limits: Limits | None) -> str:
    """How frames of more than 8 bits are read."""
    used = f"16-bit levels (used: {facts.levels[0]:g} to {facts.levels[-1]:g})"
    return f"{used}, the upper 8 bits" if limits is None else f"{used}, {limits[0]} to {limits[1]} as black to white"


def level_doubts(files: Sequence[Path], limits: Limits | None) -> Iterator[Doubt]:
    """Whether few levels of frames remain when they become 8 bits."""
    facts = level_facts(files)
    if facts is None:
        return
    levels = np.array(facts.levels)
    whole = levels if limits is not None else np.rint(levels * (65535 / facts.largest)).astype(np.int64)
    remaining = len(np.unique(as_bytes(whole, limits)))
    if remaining < FEW and len(levels) >= 2 * remaining:
        yield Doubt(
            "warning",
            f"frames of more than 8 bits use the levels {levels[0]:g} to {levels[-1]:g}; of {len(levels)} levels "
            f"{remaining} remain",
            f"set frame_range to percentile, or to [{math.floor(levels[0])}, {math.ceil(levels[-1])}]",
        )


def _look(files: Sequence[Path]) -> Iterator[LevelFacts]:
    """The facts, computed once; nothing if no frame has more than 8 bits."""
    parts, largest = [], 0
    for path in files:
        try:
            found = _levels(path)
        except DataError:
            continue  # reported when the sample is read
        if found is not None:
            levels, most = found
            parts.append(levels[:: max(1, levels.size // PIXELS)])
            largest = max(largest, most)
    values = np.concatenate(parts) if parts else np.empty(0)
    values = values[np.isfinite(values)]
    if not len(values):
        return
    low, high = (float(x) for x in np.percentile(values, ENDS))
    used = np.unique(values)
    step = -(-len(used) // MOST)
    yield LevelFacts(len(parts), largest, low, high, [float(x) for x in (*used[:-1:step], used[-1])])


def _levels(path: Path) -> tuple[NDArray[Any], int] | None:
    """All levels of a frame in one row, and the largest possible level; None if it has 8 bits, or its levels cannot be
    read."""
    with open_image(path) as image:
        if not is_deep(image):
            return None
        grey = image.mode[0] in "IF"
        maximum = maximum_of(image)
        with open_image(path) as again:
            load(path, image)
            levels = deep_grey(image, maximum) if grey else deep_colours(image, again)
    return None if levels is None else (levels.ravel(), maximum or 65535)

"""What depth maps are read as, and what of them may be meant otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mdf.core.background import spread
from mdf.core.dataset import Doubt
from mdf.core.errors import DataError
from mdf.plugins.datasets.files.depth import DepthOptions, as_depth, largest_level, read_stored, scale_of
from mdf.plugins.datasets.files.kept import kept
from mdf.plugins.datasets.files.levels import INT32

MEANING = "depths 1"
LOOKED_AT = 64
"""Depth maps that are looked at, evenly spread over a data set."""
FAR = 200.0
"""Metres of a median from which floats are more likely millimetres."""
SUN = 3
"""Bits by which SUN RGB-D's levels are rotated."""


@dataclass(frozen=True, slots=True)
class DepthFacts:
    """Of one depth map: the largest level of its kind (0 of floats), its pixels at that level, its median depth, and
    whether many levels are all multiples of 8."""

    name: str
    largest: int
    saturated: int
    median: float | None
    eighths: bool


def depth_words(path: Path, options: DepthOptions) -> str:
    """What a depth map is read as, by the header of one of them. Raises DataError where the options do not fit it."""
    largest = largest_level(path)
    scale, unit = scale_of(path, largest, options), "m" if options.depth_unit == "metre" else "(relative)"
    bits = {0: "floats", INT32: "32-bit numbers"}.get(largest, f"levels up to {largest}")
    how = f"{path.suffix.lower()}, {bits}"
    if options.baseline is not None and options.focal is not None:
        how += f": {options.baseline:g} m × {options.focal:g} px / ({scale:g} × disparity) m"
    elif options.invert:
        how += f": ({largest} - level) × {scale:g} {unit}"
    else:
        how += f": {'number' if largest in (0, INT32) else 'level'} × {scale:g} {unit}"
    invalid = [f"{value:g}" for value in options.invalid_value]
    if options.depth_unit == "metre":
        invalid.append("0 and below")
    return how + (f"; {', '.join(invalid)} invalid" if invalid else "")


def depth_doubts(files: Sequence[Path], options: DepthOptions) -> Iterator[Doubt]:
    """What is strange about the depth maps of a data set, by some of them."""
    chosen = [files[position] for position in spread(len(files), LOOKED_AT)] if files else []
    key = f"{MEANING}\n{options.model_dump_json()}"
    facts = kept(key, chosen, list[DepthFacts], lambda: list(_look(chosen, options)))
    seen = f"of {len(facts)} depth maps looked at"
    saturated = [fact for fact in facts if fact.saturated]
    if saturated:
        level = saturated[0].largest
        yield Doubt(
            "warning",
            f"{len(saturated)} {seen} hold the largest level {level} ({saturated[0].name}). Sensors often write it "
            "where they measure nothing; it is read as a distance",
            f"set invalid_value to [{level}] if it is no distance (0 stays invalid in metres)",
        )
    far = [fact for fact in facts if fact.largest == 0 and (fact.median or 0) > FAR]
    if far and options.depth_unit == "metre" and options.baseline is None:
        yield Doubt(
            "warning",
            f"{len(far)} {seen} have a median of more than {FAR:g} m ({far[0].name}: {far[0].median:.0f} m)",
            "if they hold millimetres, set depth_scale to 0.001; if disparities, set baseline and focal",
        )
    if facts and all(fact.eighths for fact in facts) and options.rotated_bits == 0 and options.depth_unit == "metre":
        yield Doubt(
            "warning",
            f"all levels {seen} are multiples of 8 ({facts[0].name}), as those of SUN RGB-D, which are rotated by "
            "3 bits",
            f"if they are, set rotated_bits to {SUN}",
        )


def _look(files: Sequence[Path], options: DepthOptions) -> Iterator[DepthFacts]:
    for path in files:
        try:
            stored, _ = read_stored(path)
            depth, valid = as_depth(path, stored, options)
        except DataError:
            continue  # reported when the sample is read
        counts = 255 < stored.largest < INT32 and options.depth_unit == "metre"
        saturated = int(((stored.values == stored.largest) & valid).sum()) if counts else 0
        levels = np.unique(stored.values) if stored.values.dtype == np.uint16 else np.empty(0, np.uint16)
        eighths = len(levels) >= 32 and not (levels % 8).any()
        median = float(np.median(depth[valid])) if valid.any() else None
        yield DepthFacts(path.name, stored.largest, saturated, median, eighths)

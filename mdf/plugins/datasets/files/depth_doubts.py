"""How depth maps are read, and which of them are ambiguous."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mdf.core.cores import cores
from mdf.core.dataset import Doubt
from mdf.core.errors import DataError
from mdf.core.image import open_image
from mdf.core.image_formats import ENDINGS
from mdf.plugins.datasets.files.depth import DepthOptions, as_depth, largest_level, read_stored, scale_of
from mdf.plugins.datasets.files.kept import kept
from mdf.plugins.datasets.files.levels import CODED, INT32, is_lossy

MEANING = "depths 2"
FAR = 200.0
"""If the median of floats is larger than this number of metres, they are more likely millimetres."""
SUN = 3
"""Bits by which SUN RGB-D's levels are rotated."""


@dataclass(frozen=True, slots=True)
class DepthFacts:
    """Facts of one depth map: the largest level of its number type (0 for floats), the number of pixels at that level,
    the median depth, whether its levels are many and all multiples of 8, and whether its compression changes levels."""

    name: str
    largest: int
    saturated: int
    median: float | None
    eighths: bool
    lossy: bool


def depth_words(path: Path, options: DepthOptions) -> str:
    """How depth maps are read, from the header of one of them. Raises DataError if the options do not fit it."""
    largest = largest_level(path, options.depth_from == "colours")
    scale, unit = scale_of(path, largest, options), "m" if options.depth_unit == "metre" else "(relative)"
    bits = {0: "floats", INT32: "32-bit numbers", CODED: "24-bit numbers in colours"}.get(
        largest, f"levels up to {largest}"
    )
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
    """What is unusual about the depth maps of a data set."""
    key = f"{MEANING}\n{options.model_dump_json()}"
    facts = kept(key, files, list[DepthFacts], lambda: _look_at_all(files, options))
    seen = f"of {len(facts)} depth maps"
    lossy = [fact for fact in facts if fact.lossy]
    if lossy:
        yield Doubt(
            "warning",
            f"{len(lossy)} {seen} are compressed with loss ({lossy[0].name}), which changes depths, most of all along "
            "outlines",
            "restore the depth as it was measured (16-bit PNG or TIFF, floats)",
        )
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


def _look_at_all(files: Sequence[Path], options: DepthOptions) -> list[DepthFacts]:
    with ThreadPoolExecutor(min(16, cores())) as threads:
        return [fact for fact in threads.map(lambda path: _look(path, options), files) if fact]


def _look(path: Path, options: DepthOptions) -> DepthFacts | None:
    """The facts of a depth map; None if it cannot be read. That is an error when its sample is read."""
    try:
        stored, _ = read_stored(path, options.depth_from == "colours")
        depth, valid = as_depth(path, stored, options)
        lossy = path.suffix.lower() in ENDINGS and _is_lossy(path)
    except DataError:
        return None
    counts = 255 < stored.largest < INT32 and options.depth_unit == "metre"
    saturated = int(((stored.values == stored.largest) & valid).sum()) if counts else 0
    levels = np.unique(stored.values) if stored.values.dtype == np.uint16 else np.empty(0, np.uint16)
    eighths = len(levels) >= 32 and not (levels % 8).any()
    median = float(np.median(depth[valid])) if valid.any() else None
    return DepthFacts(path.name, stored.largest, saturated, median, eighths, lossy)


def _is_lossy(path: Path) -> bool:
    with open_image(path) as image:
        return is_lossy(path, image)

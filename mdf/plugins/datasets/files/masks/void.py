"""The value that means `does not count`: 255 or 65535 beside labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mdf.core.errors import DataError
from mdf.plugins.datasets.files.masks.facts import MaskFacts
from mdf.plugins.datasets.files.masks.meaning import Plane, listed, values_of

LABEL = 64
"""The largest level that can be a label beside 255."""
RARE = 0.01
"""If labels have fewer pixels than this share of the pixels of 255, then 255 may be the foreground."""
OPTIONS = "Set mask_foreground (and mask_ignore) to the right values, or set mask_threshold."


def united(facts: Sequence[MaskFacts], plane: Plane) -> dict[int, int]:
    """Number of pixels of each value in all files."""
    counts: dict[int, int] = {}
    for fact in facts:
        for value, pixels in (values_of(fact, plane) or {}).items():
            counts[value] = counts.get(value, 0) + pixels
    return counts


def void_of(counts: Mapping[int, int]) -> frozenset[int]:
    """255 or 65535, if it is the largest of several values besides 0."""
    values = set(counts) - {0}
    return frozenset({max(values)} & {255, 65535}) if len(values) > 1 else frozenset()


def check_void(facts: Sequence[MaskFacts], plane: Plane, counts: Mapping[int, int], void: int) -> None:
    """Raise DataError if it is not clear that this value means `does not count`."""
    labels = set(counts) - {0, void}
    held = [(fact.name, set(values_of(fact, plane) or {})) for fact in facts]
    odd = next(name for name, values in held if labels & values)
    if plane == "levels" and max(labels) > LABEL:
        raise DataError(
            f"The masks hold the levels {listed(labels | {void}, plane)} beside 0 ({odd}). The files do not say "
            "which are foreground and which do not count.",
            OPTIONS,
        )
    both = [name for name, values in held if void in values and labels & values]
    if not both:
        other = next(name for name, values in held if void in values)
        raise DataError(
            f"The masks differ in what they call foreground: {odd} holds {listed(labels, plane)}, {other} {void}, and "
            "none holds both.",
            f"Restore the masks that differ, or set mask_foreground to all values, e.g. [{max(labels)}, {void}].",
        )
    if sum(counts[label] for label in labels) < RARE * counts[void]:
        raise DataError(
            f"The masks hold {void} nearly everywhere that is not 0, and {listed(labels, plane)} in a few pixels "
            f"({both[0]}). The files do not say whether {void} is foreground or does not count.",
            OPTIONS,
        )

"""The value that means `does not count`: 255, or 65535, where it stands beside labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mdf.core.errors import DataError
from mdf.plugins.datasets.files.masks.facts import MaskFacts
from mdf.plugins.datasets.files.masks.meaning import Plane, listed, values_of

LABEL = 64
"""The largest level that is taken for a label where 255 stands beside it."""
RARE = 0.01
"""Where labels have fewer pixels than this share of those of 255, 255 may well be the foreground."""
OPTIONS = "Set mask_foreground (and mask_ignore) to the values that are meant, or mask_threshold."


def united(facts: Sequence[MaskFacts], plane: Plane) -> dict[int, int]:
    """Pixels of each value of all files."""
    counts: dict[int, int] = {}
    for fact in facts:
        for value, pixels in (values_of(fact, plane) or {}).items():
            counts[value] = counts.get(value, 0) + pixels
    return counts


def void_of(counts: Mapping[int, int]) -> frozenset[int]:
    """255, or 65535, where it is the largest of several values beside 0."""
    values = set(counts) - {0}
    return frozenset({max(values)} & {255, 65535}) if len(values) > 1 else frozenset()


def check_void(facts: Sequence[MaskFacts], plane: Plane, counts: Mapping[int, int], void: int) -> None:
    """Raise DataError where that value need not mean `does not count`."""
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
            f"Restore the odd ones; or set mask_foreground to all that is meant, e.g. [{max(labels)}, {void}].",
        )
    if sum(counts[label] for label in labels) < RARE * counts[void]:
        raise DataError(
            f"The masks hold {void} nearly everywhere that is not 0, and {listed(labels, plane)} in a few pixels "
            f"({both[0]}). The files do not say whether {void} is foreground or does not count.",
            OPTIONS,
        )

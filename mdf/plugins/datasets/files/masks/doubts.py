"""What is unusual about the masks of a data set as they are read: empty, full, identical or inverted masks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from mdf.core.dataset import Doubt
from mdf.core.errors import DataError
from mdf.plugins.datasets.files.masks.meaning import MaskMeaning
from mdf.plugins.datasets.files.masks.reader import Masks

CURE = "set mask_foreground, mask_threshold or mask_from, or restore the masks"


def mask_doubts(masks: Masks) -> Iterator[Doubt]:
    """What is ambiguous or unusual about the masks; an error if the files do not decide what they mean."""
    try:
        meaning = masks.meaning
    except DataError as error:
        yield Doubt("error", error.message, error.hint)
        return
    facts = [fact for fact in masks.facts if not fact.error]
    if not facts:
        return
    counts = [meaning.counts(fact) for fact in facts]
    yield from _of_counts(counts, meaning)
    alike = {fact.digest for fact, (foreground, _) in zip(facts, counts, strict=True) if foreground}
    if len(alike) == 1 and len(facts) > 2 and all(foreground for foreground, _ in counts):
        yield Doubt(
            "warning",
            f"all {len(facts)} masks are identical ({facts[0].name}, …)",
            "if frames show different things, restore the masks",
        )


def _of_counts(counts: Sequence[tuple[int, int]], meaning: MaskMeaning) -> Iterator[Doubt]:
    shares = [foreground / valid for foreground, valid in counts if valid]
    if not shares:
        yield Doubt("error", f"no mask has a pixel that counts (read as {meaning.words})", CURE)
    elif max(shares) == 0:
        yield Doubt("warning", f"all {len(counts)} masks are empty (read as {meaning.words})", CURE)
    elif min(shares) == 1:
        yield Doubt("warning", f"all {len(counts)} masks are foreground everywhere (read as {meaning.words})", CURE)
    elif (half := median(shares)) > 0.5:
        yield Doubt(
            "warning",
            f"half of the masks are foreground in {half:.0%} of the frame or more (read as {meaning.words})",
            "if they are inverted, set mask_foreground to the value of the foreground (often [0])",
        )

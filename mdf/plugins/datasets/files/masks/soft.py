"""Masks that are black and white with soft edges, or with levels that compression has changed."""

from __future__ import annotations

from collections.abc import Sequence

from mdf.core.errors import DataError
from mdf.plugins.datasets.files.masks.facts import HIGH, LOW, GreyFacts, MaskFacts
from mdf.plugins.datasets.files.masks.meaning import Threshold
from mdf.plugins.datasets.files.masks.void import OPTIONS

Grey = tuple[MaskFacts, GreyFacts]


def decide_soft(files: Sequence[Grey], values: set[int], largest: int) -> Threshold | None:
    """Half of the range for masks with soft edges; None if they are something else, such as labels.

    The shape distinguishes edges from regions: the pixels of a region mostly equal their neighbours.

    Raises
        DataError: compression has changed levels that are not black and white; no level is near white.
    """
    lossy = [fact for fact, _ in files if fact.lossy]
    top = max(grey.top for _, grey in files)
    between, flat = sum(grey.between for _, grey in files), sum(grey.flat for _, grey in files)
    white = top >= HIGH * largest
    soft = between > 2 * flat
    edges = soft and white and 4 * sum(grey.above for _, grey in files) > between
    if lossy:
        if top > 0 and not edges and not (white and between == 0):
            raise DataError(
                f"The mask {lossy[0].name} is compressed with loss, and the levels of the masks are not black and "
                f"white (the largest is {top} of {largest}).",
                "Labels do not survive that: save masks as PNG; or set mask_threshold.",
            )
    elif not edges and not (between == 0 and largest in values and any(HIGH * largest <= v < largest for v in values)):
        if soft and len(values) != 1:
            raise DataError(
                f"The levels of the masks change softly up to {top} of {largest}, and little of them is white.", OPTIONS
            )
        return None
    for fact, grey in files:
        dark = 0 < grey.top <= largest // 2
        if dark and not fact.lossy and (grey.top <= LOW * largest or grey.between <= 2 * grey.flat):
            raise DataError(
                f"The mask {fact.name} holds no level above {grey.top}, and the others go up to {top}: it does not fit "
                "them.",
                f"Restore it. {OPTIONS}",
            )
    half = "compressed with loss" if lossy else "soft edges"
    return half_of(files, largest, f"levels above {largest // 2} of {largest} are foreground ({half})")


def half_of(files: Sequence[Grey], largest: int, words: str) -> Threshold:
    """Above half of the range of each file's number type; above 127 if 16-bit files hold only levels up to 255."""
    narrow = largest == 255 and any(fact.largest > 255 for fact, _ in files)
    return Threshold("levels", 127 if narrow else None, words)

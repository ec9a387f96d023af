"""Run lengths: masks as alternating counts of pixels outside and inside."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mdf.core.image import MAX_PIXELS
from mdf.plugins.datasets.files.labels.shapes import Flags, Size


def flat_runs(counts: Sequence[int] | NDArray[np.int64], pixels: int) -> Flags:
    """`pixels` flags. The first count is outside, the next is inside, and so on.

    Raises
        ValueError: the counts do not add up to `pixels`, or `pixels` is more than `MAX_PIXELS`.
    """
    if pixels > MAX_PIXELS:
        raise ValueError(f"run lengths of an image of {pixels} pixels; more than {MAX_PIXELS} are not drawn")
    lengths = np.asarray(counts, np.int64)
    if (lengths < 0).any() or int(lengths.sum()) != pixels:
        raise ValueError(f"run lengths of {int(lengths.sum())} pixels for an image of {pixels}")
    return np.repeat(np.arange(len(lengths)) % 2 == 1, lengths)


def coco_runs(counts: Sequence[int] | str, size: Size) -> Flags:
    """COCO's run lengths, column by column, given as numbers or packed into text.

    Raises
        ValueError: they do not fit an image of `size` (height, width).
    """
    lengths = unpacked(counts) if isinstance(counts, str) else counts
    height, width = size
    return flat_runs(lengths, height * width).reshape(width, height).T


def unpacked(text: str) -> list[int]:
    """COCO's packed counts: five bits per character, lowest first. From the fourth count on, each is stored as the
    difference to the count two before it.

    Raises
        ValueError: the text is cut short, or is not packed counts.
    """
    counts: list[int] = []
    value, shift = 0, 0
    for character in text:
        bits = ord(character) - 48
        if not 0 <= bits < 64 or shift > 60:
            raise ValueError(f"{character!r} is not a character of packed run lengths")
        value |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            continue
        if bits & 16:
            value -= 1 << shift
        counts.append(value + counts[-2] if len(counts) > 2 else value)
        value, shift = 0, 0
    if shift:
        raise ValueError("packed run lengths are cut short")
    return counts

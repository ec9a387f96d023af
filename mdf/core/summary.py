"""A target in a few numbers: what `mdf data info` and `mdf data check` say of a task's values."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, slots=True)
class TargetSummary:
    """What one sample's valid target pixels hold.

    Attributes:
        low, median, high: what is measured of them.
        measures: what that is, e.g. `foreground`; empty = their own values.
        unit: the unit of `measures`; of own values it is the data set's, and this is empty.
        empty: whether the target shows nothing, as a mask without foreground does.
    """

    low: float
    median: float
    high: float
    measures: str = ""
    unit: str = ""
    empty: bool = False


def value_summary(values: Tensor) -> TargetSummary:
    """The range and median of valid values C×K, K ≥ 1, all channels together."""
    flat = values.flatten().float()
    return TargetSummary(float(flat.min()), float(flat.median()), float(flat.max()))


def count_pixels(wrong: Tensor) -> str:
    """How many pixels a message is about, with its verb: `1 valid pixel is`. `wrong` is C×K bool."""
    count = int(wrong.any(0).sum())
    return f"{count} valid pixel is" if count == 1 else f"{count} valid pixels are"

"""The contract of metrics: additive per-sample statistics, and statistics to score."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from mdf.core.component import ComponentConfig


@dataclass(frozen=True, slots=True)
class Protocol:
    """Everything that decides what a score means. Scores of different protocols never share a column.

    Attributes:
        aggregation: how samples become one number, e.g. `pooled over pixels` or `mean over images`.
        valid: which pixels count.
        alignment: what is fitted to the truth before comparing (`none`, `median`, …).
        resolution: where it is scored; `native` = at the data set's own size.
        unit: unit of the score; empty where there is none.
        direction: whether `higher` or `lower` is better.
        perfect: the score of a perfect prediction.
    """

    aggregation: str
    direction: Literal["higher", "lower"]
    perfect: float
    unit: str = ""
    valid: str = "valid pixels"
    alignment: str = "none"
    resolution: str = "native"


class Metric(ABC):
    """Two pure functions. Statistics add, so batches, workers, conditions and resamples all just sum.

    Constructed as `Metric(config)`.
    """

    class Config(ComponentConfig):
        """No options."""

    label: ClassVar[str]
    """The name printed above its column, e.g. `IoU`."""

    protocol: Protocol
    """May be set in the constructor where it depends on the config."""

    def __init__(self, config: ComponentConfig) -> None:
        self.config = config

    @abstractmethod
    def statistics(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """Additive statistics of each sample.

        Reads
            prediction, target: N×C×H×W float32, public values (mask probability, depth in its unit).
            valid: N×1×H×W bool.
        Returns
            N×K float64, finite; a sample without a valid pixel gives zeros.
        """

    @abstractmethod
    def score(self, totals: Tensor) -> Tensor:
        """Score from summed statistics: …×K float64 → … float64; NaN where nothing was measured."""


def per_sample(pixels: Tensor) -> Tensor:
    """Sum of each sample's pixels: N×… (bool, integer or float) → N float64.

    Counts are exact. Floats are added in float64 in one fixed order (halves onto halves), so that a sample's
    sum is the same to the last bit whatever the batch, the number of threads or the device.
    """
    rows = pixels.flatten(1)
    if not rows.is_floating_point():
        return rows.sum(1, dtype=torch.int64).double()
    rows = rows.double()
    while (half := rows.shape[1] // 2) > 0:
        folded = rows[:, :half] + rows[:, half : 2 * half]
        if rows.shape[1] % 2:
            folded[:, 0] += rows[:, -1]
        rows = folded
    return rows.sum(1)

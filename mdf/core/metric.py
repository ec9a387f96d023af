"""The contract of metrics: additive per-sample statistics, and statistics to score."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mdf.core.component import ComponentConfig


@dataclass(frozen=True, slots=True)
class Protocol:
    """Everything that decides what a score means. Scores of different protocols never share a column.

    Attributes:
        aggregation: how samples become one number, e.g. `pooled over pixels` or `mean over images`.
        valid: which pixels count.
        alignment: what is fitted to the truth before comparing (`none`, `median`, …).
        cap: the range that truth must lie in to count, and that predictions are brought into.
        resolution: where it is scored; `native` = at the data set's own size.
        unit: unit of the score: None = its task's own, empty where it has none.
        direction: whether `higher` or `lower` is better.
        perfect: the score of a perfect prediction.
    """

    aggregation: str
    direction: Literal["higher", "lower"]
    perfect: float
    unit: str | None = None
    valid: str = "valid pixels"
    alignment: str = "none"
    cap: str = "none"
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

    reads: ClassVar[Literal["values", "distribution"]] = "values"
    """Whether it reads values alone, or after them (N×2C×H×W) their expected absolute errors; only of tasks that
    tell those it measures anything then."""

    within: ClassVar[str] = ""
    """Another task whose truth tells where this metric looks (see `region`); empty = at every valid pixel."""

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

    def region(self, truth: Tensor, valid: Tensor) -> Tensor:
        """Where it looks: N×1×H×W bool, from the truth N×C×H×W float32 (0 where invalid) of the task `within`
        and its validity N×1×H×W bool; only pixels that are valid for both tasks count."""
        raise NotImplementedError(f"`within` is `{self.within}`, and no `region` is given")


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


Pixels = NDArray[Any]
"""The pixels of one sample, C·H·W in a row: float32 values, or bool."""

BLOCK = 256


def by_sample(measure: Callable[[Pixels, Pixels, Pixels], Sequence[float] | Pixels], *given: Tensor) -> Tensor:
    """`measure(prediction, target, valid)` of each sample: N×… tensors → N×K float64.

    One sample after the other, so that its pixels stay in the cache and no batch can matter.
    """
    prediction, target, valid = given
    values = [x.detach().float().cpu().flatten(1).numpy() for x in (prediction, target)]
    known = valid.expand(target.shape).cpu().flatten(1).numpy()
    rows = np.array([measure(*sample) for sample in zip(*values, known, strict=True)], dtype=np.float64)
    return torch.from_numpy(rows)


def total(pixels: Pixels) -> float:
    """The sum of float32 or float64 pixels, always in the same order.

    float32 is added in blocks of 256 whose sums are added in float64: for values of one sign within 1e-6 of exact.
    """
    whole = len(pixels) - len(pixels) % BLOCK
    blocks = pixels[:whole].reshape(-1, BLOCK).sum(axis=1)
    return float(blocks.sum(dtype=np.float64) + pixels[whole:].sum(dtype=np.float64))

"""The contract of metrics: additive per-sample statistics, and statistics to score."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal

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

    by_scene: bool = False
    """Whether predictions are fitted to all that is scored of their scene first: by `moments` and `fitted`, for which
    every sample is predicted twice."""

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

    def moments(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """What a scene's fit is found from: N×K float64 that add, of what `statistics` reads."""
        raise NotImplementedError("`by_scene` is set, and no `moments` are given")

    def fitted(self, prediction: Tensor, moments: Tensor) -> Tensor:
        """The prediction N×C×H×W as `statistics` is to read it; `moments` N×K are the sums over each sample's scene."""
        raise NotImplementedError("`by_scene` is set, and no `fitted` is given")

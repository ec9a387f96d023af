"""The contract of metrics. A metric computes additive statistics for each sample, and a score from their sum."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal

from torch import Tensor

from mdf.core.component import ComponentConfig


@dataclass(frozen=True, slots=True)
class Protocol:
    """Everything that decides what a score means. Scores with different protocols are never put in one column.

    Attributes:
        aggregation: how samples become one number, e.g. `pooled over pixels` or `mean over images`.
        direction: whether `higher` or `lower` is better.
        perfect: the score of a perfect prediction.
        unit: unit of the score; None = the unit of the task, "" = no unit.
        valid: which pixels count.
        alignment: how predictions are fitted to the truth first (`none`, `median`, …).
        cap: pixels count only if their true value is in this range. Predictions are clipped to it.
        resolution: image size of the comparison; `native` = the data set's own size.
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
    """Two pure functions: `statistics` of samples, and the `score` of their sum.

    Statistics add up. So batches, workers, conditions and resamples only need sums. Constructed as `Metric(config)`.
    """

    class Config(ComponentConfig):
        """No options."""

    label: ClassVar[str]
    """The column's title, e.g. `IoU`."""

    protocol: Protocol
    """Set it in the constructor if it depends on the config."""

    reads: Literal["values", "decision", "distribution"] = "values"
    """`values`: predictions are N×C×H×W values. `decision`: they are what the method decides by them (`Task.decided`;
    mask: 0 or 1, by the model's own threshold). `distribution`: they are N×2C×H×W, values and then their expected
    absolute errors. The latter measures nothing for tasks without uncertainty."""

    within: ClassVar[str] = ""
    """Name of another task whose truth selects the pixels (see `region`); "" = all valid pixels."""

    by_scene: bool = False
    """Whether predictions are first fitted to the truth of their whole scene, with `moments` and `fitted`. Every sample
    is then predicted twice."""

    def __init__(self, config: ComponentConfig) -> None:
        self.config = config

    @abstractmethod
    def statistics(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """Additive statistics of each sample.

        Reads
            prediction, target: N×C×H×W float32, public values (mask: probability; depth: in its unit).
            valid: N×1×H×W bool.
        Returns
            N×K float64, finite. A sample without a valid pixel gives zeros.
        """

    @abstractmethod
    def score(self, totals: Tensor) -> Tensor:
        """The score for summed statistics: …×K float64 → … float64; NaN if no pixel was measured."""

    def region(self, truth: Tensor, valid: Tensor) -> Tensor:
        """The pixels that count: N×1×H×W bool. Only pixels that are valid for both tasks can count.

        Reads
            truth: N×C×H×W float32, the truth of the task `within`; 0 where invalid.
            valid: N×1×H×W bool, its validity.
        """
        raise NotImplementedError(f"`within` is `{self.within}`, so `region` must be implemented")

    def moments(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """Additive numbers from which a scene's fit is computed: N×K float64. Reads the same as `statistics`."""
        raise NotImplementedError("`by_scene` is set, so `moments` must be implemented")

    def fitted(self, prediction: Tensor, moments: Tensor) -> Tensor:
        """The fitted prediction N×C×H×W for `statistics`. `moments` N×K are the sums over each sample's scene."""
        raise NotImplementedError("`by_scene` is set, so `fitted` must be implemented")

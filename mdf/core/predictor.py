"""The contract of predictors: whole methods that need no network of ours."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator

from torch import Tensor

from mdf.core.component import ComponentConfig
from mdf.core.sample import Batch


class Predictor(ABC):
    """A whole method, a row of the table like any other.

    Constructed as `Predictor(config)`; its `Spec.tasks` say what it predicts. The batches that it gets hold `known` for
    the names in its `Spec.needs`; it has no row on data that do not know them.
    """

    class Config(ComponentConfig):
        """No options."""

    def __init__(self, config: ComponentConfig) -> None:
        self.config = config

    def fit(self, train: Callable[[], Iterator[Batch]]) -> None:  # noqa: B027 - nothing to learn is a valid choice
        """Learn from training batches; `train()` goes over them once, in order, un-augmented, at the study's size."""

    @abstractmethod
    def predict(self, batch: Batch) -> dict[str, Tensor]:
        """Public values N×C×H×W float32 by task, at the batch's own size (or any other: they are resized)."""

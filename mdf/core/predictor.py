"""The contract of predictors. A predictor is a complete method that replaces the network."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator

from torch import Tensor

from mdf.core.component import ComponentConfig
from mdf.core.sample import Batch


class Predictor(ABC):
    """A complete method without a network, which gets a row in the result table like a network.

    Constructed as `Predictor(config)`. `Spec.tasks` says what it predicts. Its batches have a `known` entry for every
    name in `Spec.needs`. There is no row for data sets without these entries.
    """

    class Config(ComponentConfig):
        """No options."""

    def __init__(self, config: ComponentConfig) -> None:
        self.config = config

    def fit(self, train: Callable[[], Iterator[Batch]]) -> None:  # noqa: B027 - nothing to learn is a valid choice
        """Learn from the training data. Each call of `train()` yields all batches once, in order, without augmentation,
        at the study's image size."""

    @abstractmethod
    def predict(self, batch: Batch) -> dict[str, Tensor]:
        """Public values N×C×H×W float32 by task. Other sizes than the batch's are allowed; mdf resizes them."""

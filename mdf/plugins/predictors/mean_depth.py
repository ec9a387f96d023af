"""Predicts the mean depth that a fixed camera sees. Every depth network must beat this baseline."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from mdf.core.component import ComponentConfig
from mdf.core.errors import DataError, MdfError
from mdf.core.predictor import Predictor
from mdf.core.sample import Batch


class MeanDepth(Predictor):
    """Predicts the same map for every sample: each pixel's mean over the valid training depths.

    A pixel without any valid training depth gets the mean over all pixels.
    """

    def __init__(self, config: ComponentConfig) -> None:
        super().__init__(config)
        self.map: Tensor | None = None

    def fit(self, train: Callable[[], Iterator[Batch]]) -> None:
        """Compute the mean of the training depth, in float64.

        Raises
            DataError: no pixel of the training depth is valid.
        """
        total = count = torch.zeros((), dtype=torch.float64)
        for batch in train():
            valid = batch.valid["depth"]
            total = total + batch.targets["depth"].double().where(valid, 0.0).sum(0).cpu()
            count = count + valid.sum(0).cpu()
        if not count.sum():
            raise DataError(
                "mean-depth: no pixel of the training depth is valid.",
                "Check the data set's depth files, their unit and their invalid value.",
            )
        mean = torch.where(count > 0, total / count.clamp(min=1), total.sum() / count.sum())
        self.map = mean.float()

    def predict(self, batch: Batch) -> dict[str, Tensor]:
        """`depth`: N×1×H×W float32 in the data set's unit, at the size of the training batches."""
        if self.map is None:
            raise MdfError("mean-depth cannot predict before it is fitted.", "Call `fit` first.")
        return {"depth": self.map.to(batch.bg.device).expand(len(batch), -1, -1, -1)}

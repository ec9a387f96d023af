"""The known depth of the empty scene, and the mean where it is not known."""

from __future__ import annotations

import torch

from mdf.core.component import ComponentConfig
from mdf.core.sample import Batch
from mdf.plugins.predictors.background_depth import BackgroundDepth

NAMES = ("a", "b")


def batch(size: int, known: torch.Tensor, depth: float = 0.0) -> Batch:
    images = torch.zeros(2, 3, size, size, dtype=torch.uint8)
    truth = torch.full((2, 1, size, size), depth)
    return Batch(
        NAMES, NAMES, images, images, {"depth": truth}, {"depth": truth > 0}, known={"background_depth": known}
    )


def test_unknown_background_depth_is_replaced_by_the_training_mean() -> None:
    known = torch.arange(2.0 * 6 * 6).view(2, 1, 6, 6) + 1
    known[0, 0, 2, 3] = torch.nan
    predictor = BackgroundDepth(ComponentConfig())
    predictor.fit(lambda: iter([batch(3, known, depth=7.0)]))
    (prediction,) = predictor.predict(batch(3, known).without_truth()).values()
    assert prediction.shape == (2, 1, 6, 6)
    assert prediction[0, 0, 2, 3] == 7
    there = ~known.isnan()
    assert torch.equal(prediction[there], known[there])

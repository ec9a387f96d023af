"""The mean depth map."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch

from mdf.core.component import ComponentConfig
from mdf.core.errors import DataError, MdfError
from mdf.core.sample import Batch
from mdf.plugins.predictors.mean_depth import MeanDepth


def batches(depth: torch.Tensor, valid: torch.Tensor, size: int) -> Callable[[], Iterator[Batch]]:
    def train() -> Iterator[Batch]:
        for d, v in zip(depth.split(size), valid.split(size), strict=True):
            names = tuple("x" * len(d))
            images = torch.zeros(len(d), 3, *d.shape[-2:], dtype=torch.uint8)
            yield Batch(names, names, images, images, {"depth": d}, {"depth": v})

    return train


@pytest.mark.parametrize("size", [1, 4, 10])
def test_each_pixel_is_its_mean_over_valid_training_depth(size: int) -> None:
    random = torch.Generator().manual_seed(0)
    depth, valid = (torch.rand(10, 1, 6, 7, generator=random) for _ in range(2))
    valid = valid > 0.6
    valid[:, :, 2, 3] = False
    depth[~valid] = float("nan")
    predictor = MeanDepth(ComponentConfig())
    predictor.fit(batches(depth, valid, size))
    (prediction,) = predictor.predict(next(batches(depth, valid, 3)())).values()
    known = np.ma.masked_invalid(depth.double().numpy())
    expected = known.mean(0).filled(known.mean())
    assert prediction.shape == (3, 1, 6, 7)
    assert prediction.dtype == torch.float32
    np.testing.assert_allclose(prediction.numpy(), np.broadcast_to(expected, (3, 1, 6, 7)), rtol=1e-6)


def test_training_depth_without_a_valid_pixel_is_an_error_with_a_hint() -> None:
    depth = torch.zeros(2, 1, 3, 3)
    with pytest.raises(DataError, match="no pixel of the training depth is valid") as error:
        MeanDepth(ComponentConfig()).fit(batches(depth, depth > 0, 1))
    assert error.value.hint


def test_predicting_before_fitting_is_an_error() -> None:
    depth = torch.ones(1, 1, 3, 3)
    with pytest.raises(MdfError, match="before it is fitted"):
        MeanDepth(ComponentConfig()).predict(next(batches(depth, depth > 0, 1)()))

"""Mean absolute error against scikit-learn's."""

from __future__ import annotations

import pytest
import torch
from sklearn.metrics import mean_absolute_error

from mdf.plugins.losses.l1 import L1Loss


def test_it_reads_values_and_agrees_with_the_reference() -> None:
    random = torch.Generator().manual_seed(0)
    prediction = torch.rand(3, 1, 8, 9, generator=random)
    target = torch.rand(3, 1, 8, 9, generator=random) * 2
    valid = torch.rand(3, 1, 8, 9, generator=random) > 0.2
    expected = mean_absolute_error(target[valid].double().numpy(), prediction[valid].double().numpy())
    assert L1Loss.reads == "values"
    assert L1Loss(L1Loss.Config())(prediction, target, valid).item() == pytest.approx(expected, rel=1e-5)


def test_a_perfect_prediction_is_zero() -> None:
    target = torch.rand(2, 1, 4, 4)
    assert L1Loss(L1Loss.Config())(target.clone(), target, torch.ones_like(target, dtype=torch.bool)).item() == 0.0

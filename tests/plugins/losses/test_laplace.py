"""The Laplace likelihood against torch's own, and the uncertainty that it teaches."""

from __future__ import annotations

import math

import pytest
import torch
from torch.distributions import Laplace

from mdf.core.errors import ConfigError
from mdf.core.sample import Batch
from mdf.engine.objective import Objective, WeightedLoss
from mdf.plugins.heads.depth import DepthHead, DepthTask
from mdf.plugins.heads.depth_laplace import LaplaceDepthHead, LaplaceDepthTask
from mdf.plugins.losses.l1 import L1Loss
from mdf.plugins.losses.laplace import LaplaceNLL

LOSS = LaplaceNLL(LaplaceNLL.Config())


def data(channels: int = 1) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    random = torch.Generator().manual_seed(0)
    prediction = torch.randn(2, 2 * channels, 6, 7, generator=random)
    target = torch.rand(2, channels, 6, 7, generator=random)
    return prediction, target, torch.rand(2, 1, 6, 7, generator=random) > 0.3


@pytest.mark.parametrize("channels", [1, 3])
def test_it_is_the_log_likelihood_up_to_a_constant(channels: int) -> None:
    prediction, target, valid = data(channels)
    value, log_spread = prediction.double().tensor_split(2, dim=1)
    likelihood = Laplace(value, log_spread.exp()).log_prob(target.double())
    expected = -likelihood[valid.expand_as(target)].mean() - math.log(2)
    assert LOSS(prediction, target, valid).item() == pytest.approx(expected.item(), rel=1e-5)


@pytest.mark.parametrize("poison", [float("nan"), float("inf"), 1e38])
def test_invalid_pixels_do_not_matter(poison: float) -> None:
    prediction, target, valid = data()
    given = prediction.where(valid, poison).requires_grad_()
    loss = LOSS(given, target.where(valid, poison), valid)
    loss.backward()
    assert loss.item() == LOSS(prediction, target, valid).item()
    assert given.grad is not None
    assert given.grad.isfinite().all()
    assert not given.grad[(~valid).expand_as(given)].any()
    nothing = LOSS(given, target, torch.zeros_like(valid))
    assert nothing.item() == 0


def test_it_is_lowest_where_the_spread_equals_the_error() -> None:
    value, target, valid = torch.zeros(1, 1, 1, 1), torch.full((1, 1, 1, 1), 0.25), torch.ones(1, 1, 1, 1).bool()
    log_spread = torch.full_like(value, math.log(0.25)).requires_grad_()
    LOSS(torch.cat([value, log_spread], dim=1), target, valid).backward()
    assert log_spread.grad is not None
    assert log_spread.grad.abs().item() < 1e-6


def batch() -> Batch:
    images = torch.zeros(1, 3, 4, 4, dtype=torch.uint8)
    target = torch.full((1, 1, 4, 4), 2.0)
    return Batch(("a",), ("s",), images, images, {"depth": target}, {"depth": target > 0})


def test_the_objective_gives_each_loss_what_it_reads() -> None:
    task = LaplaceDepthTask(LaplaceDepthHead.Config())
    terms = {"depth": (WeightedLoss(LOSS, 1.0), WeightedLoss(L1Loss(L1Loss.Config()), 1.0))}
    logits = torch.zeros(1, 2, 4, 4)
    error = 2.0 - 1.25 / 2
    found = Objective({"depth": task}, terms)({"depth": logits}, batch(), ("depth",))
    assert found.total.item() == pytest.approx(2 * error, rel=1e-6)


def test_the_error_for_a_head_without_uncertainty_names_it() -> None:
    """Before anything is trained."""
    with pytest.raises(ConfigError, match="predicted error") as refusal:
        Objective({"depth": DepthTask(DepthHead.Config())}, {"depth": (WeightedLoss(LOSS, 1.0),)})
    assert "depth-laplace" in refusal.value.hint

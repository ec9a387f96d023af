"""Binary cross-entropy against scikit-learn's log loss."""

from __future__ import annotations

import pytest
import torch
from sklearn.metrics import log_loss

from mdf.plugins.losses.bce import BCELoss


def test_it_reads_logits_and_agrees_with_log_loss() -> None:
    random = torch.Generator().manual_seed(0)
    logits = torch.randn(3, 1, 8, 9, generator=random) * 3
    target = (torch.rand(3, 1, 8, 9, generator=random) > 0.7).float()
    valid = torch.rand(3, 1, 8, 9, generator=random) > 0.2
    expected = log_loss(target[valid].numpy(), logits[valid].double().sigmoid().numpy())
    assert BCELoss.reads == "logits"
    assert BCELoss(BCELoss.Config())(logits, target, valid).item() == pytest.approx(expected, rel=1e-5)


def test_extreme_logits_have_a_finite_loss() -> None:
    valid = torch.ones(1, 1, 1, 2, dtype=torch.bool)
    loss = BCELoss(BCELoss.Config())(torch.tensor([[[[-1e4, 1e4]]]]), torch.tensor([[[[1.0, 0.0]]]]), valid)
    assert loss.item() == 1e4


def test_the_loss_of_a_fraction_is_lowest_at_that_fraction() -> None:
    target, valid = torch.full((1, 1, 1, 1), 0.3), torch.ones(1, 1, 1, 1, dtype=torch.bool)
    logits = torch.logit(target).requires_grad_()
    BCELoss(BCELoss.Config())(logits, target, valid).backward()
    assert logits.grad is not None
    assert logits.grad.abs().max() < 1e-7

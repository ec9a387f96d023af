"""The learning rate rises, then falls along a cosine; norms and biases are not decayed."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from small_models import small_model

from mdf.core.config import Train
from mdf.engine.training.optimiser import adamw, rate


@given(steps=st.integers(1, 2000), warmup=st.floats(0, 0.99))
def test_the_rate_rises_to_its_peak_and_falls_from_there(steps: int, warmup: float) -> None:
    rates = [rate(step, steps, warmup) for step in range(steps)]
    peak = rates.index(max(rates))
    assert all(0 < r <= 1 for r in rates)
    assert rates[: peak + 1] == sorted(rates[: peak + 1])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)
    assert max(rates) == pytest.approx(1.0)


def test_it_ends_near_zero() -> None:
    assert rate(999, 1000, 0.1) < 1e-4


def test_only_weights_of_layers_are_decayed() -> None:
    model = small_model()
    decayed, free = adamw(model, Train(weight_decay=0.3, lr=0.1)).param_groups
    assert decayed["weight_decay"] == 0.3
    assert free["weight_decay"] == 0.0
    assert all(p.dim() > 1 for p in decayed["params"])
    assert all(p.dim() <= 1 for p in free["params"])
    assert len(decayed["params"]) + len(free["params"]) == len(list(model.parameters()))


def test_a_step_moves_every_parameter() -> None:
    model = small_model()
    optimiser = adamw(model, Train())
    before = [p.detach().clone() for p in model.parameters()]
    for p in model.parameters():
        p.grad = torch.ones_like(p)
    optimiser.step()
    assert not any(torch.equal(p, b) for p, b in zip(model.parameters(), before, strict=True))

"""Freezing really freezes: parameters, batch-norm statistics and the optimiser's state, byte by byte."""

from __future__ import annotations

import pytest
import torch
from small_models import random_batch, small_model, tasks_of
from torch import Tensor

from mdf.core.config import Train
from mdf.engine.model import Model
from mdf.engine.objective import Objective, WeightedLoss
from mdf.engine.training.freeze import train_mode
from mdf.engine.training.optimiser import adamw
from mdf.plugins.losses.bce import BCELoss
from mdf.plugins.losses.l1 import L1Loss

OBJECTIVE = Objective(
    tasks_of("mask", "depth"),
    {"mask": (WeightedLoss(BCELoss(BCELoss.Config()), 1.0),), "depth": (WeightedLoss(L1Loss(L1Loss.Config()), 1.0),)},
)


def own_state(model: Model, task: str) -> dict[str, Tensor]:
    """Parameters and batch-norm statistics of a task's own layers."""
    prefixes = (f"decoder.branches.{task}.", f"heads.{task}.")
    return {k: x.clone() for k, x in model.state_dict().items() if k.startswith(prefixes)}


def optimiser_state(model: Model, optimiser: torch.optim.Optimizer, task: str) -> list[dict[str, Tensor]]:
    parameters = [p for layer in model.own_layers(task) for p in layer.parameters()]
    return [{k: torch.as_tensor(v).clone() for k, v in optimiser.state[p].items()} for p in parameters]


def learn(model: Model, optimiser: torch.optim.Optimizer, learning: set[str], frozen: set[str], steps: int = 3) -> None:
    for step in range(steps):
        train_mode(model, frozen)
        batch = random_batch(2, (16, 16), seed=step)
        optimiser.zero_grad(set_to_none=True)
        OBJECTIVE(model(batch), batch, learning).total.backward()
        optimiser.step()


@pytest.mark.parametrize("split", [0, 1, 2])
def test_frozen_layers_keep_every_byte_while_others_learn(split: int) -> None:
    model = small_model(split=split)
    optimiser = adamw(model, Train(weight_decay=0.5))
    learn(model, optimiser, {"mask", "depth"}, set())  # both have moments and statistics by now
    frozen_before, depth_before = own_state(model, "mask"), own_state(model, "depth")
    moments = optimiser_state(model, optimiser, "mask")
    shared = model.encoder.levels[0].first[0].weight.detach().clone()

    learn(model, optimiser, {"depth"}, {"mask"})

    assert all(torch.equal(x, frozen_before[key]) for key, x in own_state(model, "mask").items())
    for now, before in zip(optimiser_state(model, optimiser, "mask"), moments, strict=True):
        assert now.keys() == before.keys()
        assert all(torch.equal(now[key], before[key]) for key in now)
    assert not any(torch.equal(x, depth_before[key]) for key, x in own_state(model, "depth").items())
    assert not torch.equal(model.encoder.levels[0].first[0].weight, shared)


def test_batch_norm_of_frozen_layers_is_in_eval_mode_even_when_they_run() -> None:
    model = small_model(split=1)
    train_mode(model, {"mask"})
    before = own_state(model, "mask")
    model(random_batch(2, (16, 16)))
    assert all(torch.equal(x, before[key]) for key, x in own_state(model, "mask").items())


def test_thawed_layers_learn_again() -> None:
    model = small_model()
    optimiser = adamw(model, Train())
    learn(model, optimiser, {"depth"}, {"mask"})
    before = own_state(model, "mask")
    learn(model, optimiser, {"mask"}, {"depth"})
    assert not all(torch.equal(x, before[key]) for key, x in own_state(model, "mask").items())
    assert all(p.requires_grad for layer in model.own_layers("mask") for p in layer.parameters())

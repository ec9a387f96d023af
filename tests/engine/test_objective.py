"""The objective: tasks' weighted losses added up, and no invalid pixel in any of them."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from small_models import random_batch, tasks_of

from mdf.core.errors import ConfigError
from mdf.engine.objective import Objective, WeightedLoss
from mdf.plugins.losses.bce import BCELoss
from mdf.plugins.losses.l1 import L1Loss
from mdf.plugins.losses.mse import MSELoss

BCE, L1, MSE = BCELoss(BCELoss.Config()), L1Loss(L1Loss.Config()), MSELoss(MSELoss.Config())
BOTH = ("mask", "depth")


def objective(**terms: tuple[WeightedLoss, ...]) -> Objective:
    chosen = {"mask": (WeightedLoss(BCE, 1.0),), "depth": (WeightedLoss(L1, 1.0),), **terms}
    return Objective(tasks_of(*chosen), chosen)


def random_logits(batch, seed: int = 1) -> dict[str, torch.Tensor]:
    random = torch.Generator().manual_seed(seed)
    return {task: torch.randn(len(batch), 1, *batch.size, generator=random).requires_grad_() for task in BOTH}


def nothing_valid(batch):
    return replace(batch, valid={task: torch.zeros_like(v) for task, v in batch.valid.items()})


def test_the_total_is_the_sum_of_the_tasks() -> None:
    batch = random_batch()
    terms = objective()(random_logits(batch), batch, BOTH)
    assert set(terms.tasks) == {"mask", "depth"}
    torch.testing.assert_close(terms.total.detach(), terms.tasks["mask"] + terms.tasks["depth"])
    assert terms.total.dtype == torch.float32
    assert not any(loss.requires_grad for loss in terms.tasks.values())


@given(first=st.floats(0.01, 10), second=st.floats(0.01, 10))
def test_terms_count_by_their_weights(first: float, second: float) -> None:
    batch = random_batch()
    logits = random_logits(batch)
    alone = [
        float(objective(depth=(WeightedLoss(loss, 1.0),))(logits, batch, {"depth"}).total.detach())
        for loss in (L1, MSE)
    ]
    both = objective(depth=(WeightedLoss(L1, first), WeightedLoss(MSE, second)))(logits, batch, {"depth"})
    assert float(both.total.detach()) == pytest.approx(first * alone[0] + second * alone[1], rel=1e-5)


def test_only_learning_tasks_count() -> None:
    batch = random_batch()
    logits = random_logits(batch)
    terms = objective()(logits, batch, {"depth"})
    assert set(terms.tasks) == {"depth"}
    terms.total.backward()
    assert logits["mask"].grad is None


def test_without_a_valid_pixel_loss_and_gradient_are_zero() -> None:
    batch = nothing_valid(random_batch())
    logits = random_logits(batch)
    terms = objective()(logits, batch, BOTH)
    terms.total.backward()
    assert float(terms.total.detach()) == 0.0
    for found in logits.values():
        assert found.grad is not None
        assert not found.grad.any()


@pytest.mark.parametrize("poison", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("loss", [BCE, L1, MSE], ids=lambda loss: type(loss).__name__)
def test_what_lies_under_invalid_pixels_reaches_nothing(loss, poison: float) -> None:
    batch = random_batch()
    depth = batch.targets["depth"].where(batch.valid["depth"], poison)
    poisoned = replace(batch, targets={**batch.targets, "depth": depth})
    found = []
    for one in (batch, poisoned):
        logits = random_logits(one)
        terms = objective(depth=(WeightedLoss(loss, 1.0),))(logits, one, BOTH)
        terms.total.backward()
        found.append((terms.total.detach(), logits["depth"].grad))
    assert torch.equal(found[0][0], found[1][0])
    assert torch.equal(found[0][1], found[1][1])


@pytest.mark.parametrize("wrong", ["logits", "target", "valid", "size"])
@pytest.mark.parametrize("loss", [BCE, L1], ids=lambda loss: type(loss).__name__)
def test_shapes_that_would_broadcast_are_refused(loss, wrong: str) -> None:
    batch = random_batch()
    logits = random_logits(batch)["depth"].detach()
    targets, valid = batch.targets["depth"], batch.valid["depth"]
    if wrong == "logits":
        logits = logits.expand(-1, 2, -1, -1)
    elif wrong == "target":
        targets = targets.squeeze(1)
    elif wrong == "valid":
        valid = valid[:, :, :1]
    else:
        logits = logits[..., :1]
    batch = replace(batch, targets={"depth": targets}, valid={"depth": valid})
    with pytest.raises(ConfigError, match="of `depth` are"):
        objective(depth=(WeightedLoss(loss, 1.0),))({"depth": logits}, batch, {"depth"})


def test_half_precision_logits_are_compared_in_float32() -> None:
    batch = random_batch()
    logits = {task: x.detach().bfloat16() for task, x in random_logits(batch).items()}
    assert objective()(logits, batch, BOTH).total.dtype == torch.float32


def test_depth_is_compared_in_units_of_its_scale() -> None:
    """A data set in millimetres must not have a loss a thousand times larger than one in metres."""
    batch = random_batch()
    found = []
    for factor in (1.0, 1000.0):
        tasks = tasks_of(*BOTH)
        depth = batch.targets["depth"] * factor
        tasks["depth"].configure(tasks["depth"].measure(depth, batch.valid["depth"]))
        measured = Objective(tasks, {"depth": (WeightedLoss(L1, 1.0),)})
        batch_there = replace(batch, targets={**batch.targets, "depth": depth})
        found.append(float(measured(random_logits(batch), batch_there, {"depth"}).total.detach()))
    assert found[0] == pytest.approx(found[1], rel=1e-5)

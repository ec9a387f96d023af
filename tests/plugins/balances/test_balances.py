"""Balances: their formulas, computed by hand, and training with each of them."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from blobs import BOTH, RUNTIME, blob_config, blob_parts
from hypothesis import example, given
from hypothesis import strategies as st
from small_models import random_batch, small_model
from torch import Tensor

from mdf.core.balance import Balance
from mdf.engine import flow
from mdf.engine.objective import Objective
from mdf.engine.training.checkpoint import Checkpoint
from mdf.engine.training.optimiser import adamw
from mdf.plugins.balances.dwa import DynamicWeightAverage
from mdf.plugins.balances.fixed import Fixed
from mdf.plugins.balances.uncertainty import Uncertainty
from mdf.plugins.schedules.alternate import Alternate


class Seen:
    """Stores the tensors of a training's checkpoint after each epoch."""

    def __init__(self) -> None:
        self.tensors: list[dict[str, Tensor]] = []

    def load(self) -> None:
        return None

    def save(self, checkpoint: Checkpoint) -> None:
        self.tensors.append({key: value.detach().clone() for key, value in checkpoint.tensors.items()})


def objective(balance: Balance) -> Objective:
    plain = blob_parts().objective
    assert plain is not None
    return Objective(plain.tasks, plain.terms, balance)


def trained(balance: Balance, **train: object) -> flow.Outcome:
    return flow.run(replace(blob_parts(), objective=objective(balance)), blob_config(**train), RUNTIME, lambda _: None)


def test_fixed_is_the_plain_sum_bit_for_bit() -> None:
    model, batch = small_model(), random_batch()
    logits = model(batch)
    terms = objective(Fixed(Fixed.Config(), BOTH))(logits, batch, BOTH)
    assert torch.equal(terms.total, torch.stack([terms.tasks["mask"], terms.tasks["depth"]]).sum())


def test_uncertainty_is_the_papers_formula() -> None:
    balance = Uncertainty(Uncertainty.Config(start=0.7), BOTH)
    model, batch = small_model(), random_batch()
    terms = objective(balance)(model(batch), batch, BOTH)
    variance = math.exp(0.7)
    expected = sum(float(loss) / variance + math.log(math.sqrt(variance)) for loss in terms.tasks.values())
    assert float(terms.total.detach()) == pytest.approx(expected, rel=1e-6)


def test_uncertainty_finds_the_variance_that_is_best() -> None:
    """The minimum of L exp(−s) + s/2 lies where the weight exp(−s) is 1 / 2L."""
    balance = Uncertainty(Uncertainty.Config(), BOTH)
    optimiser = torch.optim.SGD(balance.parameters(), lr=0.2)
    losses = {"mask": torch.tensor(0.4), "depth": torch.tensor(3.0)}
    for _ in range(300):
        optimiser.zero_grad()
        weights = balance.weights(BOTH)
        (sum(weights[t] * losses[t] for t in BOTH) + balance.penalty(BOTH)).backward()
        optimiser.step()
    assert {t: float(w.detach()) for t, w in balance.weights(BOTH).items()} == pytest.approx(
        {"mask": 1 / 0.8, "depth": 1 / 6.0}, rel=1e-3
    )


def test_variances_have_no_weight_decay_and_do_not_change_while_their_task_is_frozen() -> None:
    balance = Uncertainty(Uncertainty.Config(), BOTH)
    groups = adamw(small_model(), blob_config().train, balance.parameters()).param_groups
    learned = {id(p) for p in balance.parameters()}
    assert learned <= {id(p) for p in groups[1]["params"]}
    assert groups[1]["weight_decay"] == 0
    parts = replace(blob_parts(schedule=Alternate(Alternate.Config(phase=3))), objective=objective(balance))
    seen = Seen()
    flow.run(parts, blob_config(steps=6, validations=2), RUNTIME, lambda _: None, seen)
    assert [float(x["balance.log_variance.mask"]) == 0.0 for x in seen.tensors] == [True, False]
    assert all(float(x["balance.log_variance.depth"]) != 0.0 for x in seen.tensors)  # it had the first turn


def test_dwa_is_the_papers_formula() -> None:
    balance = DynamicWeightAverage(DynamicWeightAverage.Config(period=2, temperature=2.0), BOTH)
    mask, depth = (4.0, 2.0, 1.0, 1.0), (1.0, 1.0, 1.0, 0.8)
    seen = []
    for losses in zip(mask, depth, strict=True):
        seen.append({task: float(weight) for task, weight in balance.weights(BOTH).items()})
        balance.observe({task: torch.tensor(loss) for task, loss in zip(BOTH, losses, strict=True)})
    assert seen == [{"mask": 1.0, "depth": 1.0}] * 4  # one whole period is known, none before it
    fallen = {"mask": 1.0 / 3.0, "depth": 0.9 / 1.0}
    powers = {task: math.exp(r / 2.0) for task, r in fallen.items()}
    expected = {task: 2 * power / sum(powers.values()) for task, power in powers.items()}
    assert {t: float(w) for t, w in balance.weights(BOTH).items()} == pytest.approx(expected, rel=1e-6)
    assert {t: float(w) for t, w in balance.weights(("mask",)).items()} == {"mask": 1.0}


@given(st.lists(st.tuples(st.floats(0, 1e4), st.floats(0, 1e4)), min_size=1, max_size=12), st.floats(0.1, 10))
@example([(0.0, 0.0), (0.0, 1.2e-38), (0.0, 0.0), (0.0, 4.0)], 1.0)
def test_dwas_weights_have_a_mean_of_one(losses: list[tuple[float, float]], temperature: float) -> None:
    balance = DynamicWeightAverage(DynamicWeightAverage.Config(period=2, temperature=temperature), BOTH)
    for pair in losses:
        balance.observe({task: torch.tensor(loss) for task, loss in zip(BOTH, pair, strict=True)})
    weights = torch.stack(list(balance.weights(BOTH).values()))
    assert float(weights.mean()) == pytest.approx(1.0, rel=1e-5)


def test_each_balance_trains_differently() -> None:
    found = [
        trained(Fixed(Fixed.Config(), BOTH)),
        trained(Uncertainty(Uncertainty.Config(), BOTH)),
        trained(DynamicWeightAverage(DynamicWeightAverage.Config(period=1), BOTH)),
    ]
    losses = [tuple(outcome.history[-1].losses.values()) for outcome in found]
    assert len(set(losses)) == 3

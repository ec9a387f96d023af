"""A teacher's values are a second target at every pixel; nothing of the teacher itself learns, draws or is counted."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from blobs import RUNTIME, blob_config, blob_parts
from small_models import random_batch, small_model, tasks_of
from torch import Tensor

from mdf.engine import flow
from mdf.engine.evaluation import predictor_of
from mdf.engine.objective import Advice, Objective, WeightedLoss
from mdf.engine.teacher import Teacher
from mdf.engine.training.micro_batches import micro_batches
from mdf.plugins.losses.bce import BCELoss
from mdf.plugins.losses.l1 import L1Loss

BOTH = ("mask", "depth")
OBJECTIVE = Objective(
    tasks_of(),
    {"mask": (WeightedLoss(BCELoss(BCELoss.Config()), 1.0),), "depth": (WeightedLoss(L1Loss(L1Loss.Config()), 2.0),)},
)


def random_logits(count: int = 2) -> dict[str, Tensor]:
    random = torch.Generator().manual_seed(1)
    return {task: torch.randn(count, 1, 16, 24, generator=random).requires_grad_() for task in BOTH}


def truth_as_advice(batch, weight: float) -> Advice:
    return Advice({task: batch.targets[task].float() for task in BOTH}, weight)


def teacher(scale: float = 1.0, weight: float = 1.0, seed: int = 3) -> Teacher:
    tasks = tasks_of()
    tasks["depth"].configure({"scale": scale})
    return Teacher(small_model(seed=seed), tasks, weight)


def validity(batch, value: bool):
    return replace(batch, valid={task: torch.full_like(v, value) for task, v in batch.valid.items()})


def test_advice_that_is_the_truth_weighs_the_loss_anew() -> None:
    batch, logits = validity(random_batch(), True), random_logits()
    plain = OBJECTIVE(logits, batch, BOTH)
    advised = OBJECTIVE(logits, batch, BOTH, advice=truth_as_advice(batch, 0.5))
    torch.testing.assert_close(advised.total, 1.5 * plain.total)
    torch.testing.assert_close(advised.tasks["depth"], 1.5 * plain.tasks["depth"])


def test_it_teaches_where_there_is_no_truth() -> None:
    """With no pixel valid, advice is all that is learned from."""
    batch, logits = random_batch(), random_logits()
    blind = OBJECTIVE(logits, validity(batch, False), BOTH, advice=truth_as_advice(batch, 1.0))
    torch.testing.assert_close(blind.total, OBJECTIVE(logits, validity(batch, True), BOTH).total)
    blind.total.backward()
    assert all(x.grad is not None and bool((x.grad != 0).all()) for x in logits.values())


def test_parts_of_a_batch_add_up_to_the_whole() -> None:
    """Though its parts have unlike shares of the valid pixels."""
    batch, logits, learned = random_batch(5), random_logits(5), teacher()
    whole = OBJECTIVE(logits, batch, BOTH, advice=learned(batch, BOTH)).total
    parts, start = [], 0
    for part, share in micro_batches(batch, 2, BOTH):
        chosen = {task: x[start : start + len(part)] for task, x in logits.items()}
        parts.append(OBJECTIVE(chosen, part, BOTH, share, learned(part, BOTH)).total)
        start += len(part)
    torch.testing.assert_close(torch.stack(parts).sum(), whole)


def test_it_speaks_in_its_own_scale_of_the_tasks_that_learn() -> None:
    batch = random_batch()
    near, far = teacher(scale=2.0)(batch, BOTH).values, teacher(scale=6.0)(batch, BOTH).values
    torch.testing.assert_close(3 * near["depth"], far["depth"])
    torch.testing.assert_close(near["mask"], far["mask"])
    assert set(teacher()(batch, ("mask",)).values) == {"mask"}


def test_nothing_of_it_changes_and_nothing_random_is_drawn() -> None:
    learned = teacher()
    before = {key: x.clone() for key, x in learned.model.state_dict().items()}
    state = torch.get_rng_state()
    advice = learned(random_batch(), BOTH)
    assert torch.equal(torch.get_rng_state(), state)
    assert not any(x.requires_grad for x in advice.values.values())
    parts = replace(blob_parts(), teacher=learned)
    found = flow.run(parts, blob_config(), RUNTIME, lambda _: None)
    assert all(torch.equal(x, before[key]) for key, x in learned.model.state_dict().items())
    assert not learned.model.training
    plain = flow.run(blob_parts(), blob_config(), RUNTIME, lambda _: None)
    assert found.history[0].scores == plain.history[0].scores  # both begin with the same weights
    assert found.costs["parameters"] == plain.costs["parameters"]


class Insists(Teacher):
    """Says the same of every frame: all foreground, five metres."""

    def __call__(self, batch, tasks) -> Advice:
        advice = super().__call__(batch, tasks)
        fixed = {"mask": 1.0, "depth": 5.0}
        return Advice({task: torch.full_like(x, fixed[task]) for task, x in advice.values.items()}, advice.weight)


@pytest.mark.parametrize("accumulate", [1, 2])
def test_a_student_learns_what_it_says(accumulate: int) -> None:
    """Against the truth, where it counts for far more."""
    insists = Insists(small_model(), tasks_of(), weight=1000.0)
    parts = replace(blob_parts(), teacher=insists)
    found = flow.run(parts, blob_config(steps=60, lr=0.02, accumulate=accumulate), RUNTIME, lambda _: None)
    assert found.model is not None
    parts.tasks["mask"].calibrate({})  # the temperature is fitted to the truth, which it has not learned
    predict = predictor_of(found.model, parts.tasks, RUNTIME)
    values = predict(parts.dataset.read([13, 14]))
    assert float(values["mask"].min()) > 0.8
    assert float((values["depth"] - 5.0).abs().mean()) < 1.0

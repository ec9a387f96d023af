"""Going on from a checkpoint: the same bytes, history and scores as without the interruption."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
import torch
from blobs import RUNTIME, Blobs, blob_config, blob_parts
from small_models import small_model, tasks_of
from torch import Tensor

from mdf.core.balance import Balance
from mdf.core.progress import Epoch, Stage
from mdf.engine import flow
from mdf.engine.flow import Outcome
from mdf.engine.objective import Objective
from mdf.engine.parts import Parts
from mdf.engine.teacher import Teacher
from mdf.engine.training.checkpoint import Checkpoint
from mdf.plugins.balances.dwa import DynamicWeightAverage
from mdf.plugins.balances.uncertainty import Uncertainty
from mdf.plugins.schedules.alternate import Alternate
from mdf.plugins.schedules.progressive import Progressive

STEPS, EPOCHS = 14, 4


class PowerError(Exception):
    """It fails."""


class Shelf:
    """Keeps a checkpoint as bytes would be kept: own memory, plain data through JSON."""

    def __init__(self) -> None:
        self.kept: Checkpoint | None = None

    def load(self) -> Checkpoint | None:
        return self.kept

    def save(self, checkpoint: Checkpoint) -> None:
        tensors = {
            key: value.detach().clone(memory_format=torch.contiguous_format)
            for key, value in checkpoint.tensors.items()
        }
        self.kept = Checkpoint(tensors, json.loads(json.dumps(checkpoint.facts)))


def noisy(parts: Parts) -> Parts:
    """A network that draws from torch's global generator while it learns, as dropout does."""
    build = parts.build_model
    assert build is not None

    def hook(module: torch.nn.Module, _: object, logits: dict[str, Tensor]) -> dict[str, Tensor]:
        return {t: x + 0.3 * torch.randn_like(x) if module.training else x for t, x in logits.items()}

    def built(mean: Sequence[float], std: Sequence[float]) -> Any:
        model = build(mean, std)
        model.register_forward_hook(hook)
        return model

    return replace(parts, build_model=built)


def balanced(balance: Balance) -> Parts:
    parts = blob_parts()
    assert parts.objective is not None
    return replace(parts, objective=Objective(parts.objective.tasks, parts.objective.terms, balance))


CASES: dict[str, tuple[Any, dict[str, object]]] = {
    "joint": (lambda: noisy(blob_parts()), {}),
    "alternate": (lambda: blob_parts(schedule=Alternate(Alternate.Config(phase=3))), {}),
    "progressive": (
        lambda: blob_parts(Blobs(size=24), schedule=Progressive(Progressive.Config(small=16, share=0.4))),
        {"size": 24},
    ),
    "taught": (lambda: replace(noisy(blob_parts()), teacher=Teacher(small_model(seed=5), tasks_of(), 0.5)), {}),
    "average": (lambda: noisy(blob_parts()), {"ema": 0.9}),
    "parts": (lambda: noisy(blob_parts()), {"accumulate": 2}),
    "uncertainty": (lambda: balanced(Uncertainty(Uncertainty.Config(), ("mask", "depth"))), {}),
    "dwa": (lambda: balanced(DynamicWeightAverage(DynamicWeightAverage.Config(period=2), ("mask", "depth"))), {}),
}


def run(
    case: str, shelf: Shelf | None = None, fails_at: int | None = None, seen: list[dict[str, Tensor]] | None = None
) -> Outcome:
    """A trial whose power fails when the network learns for the `fails_at`th time; `seen` gets its states before."""
    made, settings = CASES[case]
    train = {key: value for key, value in settings.items() if key != "size"}
    config = blob_config(STEPS, validations=EPOCHS, **train)
    config = config.model_copy(update={"size": (settings["size"],) * 2}) if "size" in settings else config
    parts = made()
    if fails_at is not None:
        parts = replace(parts, build_model=failing(parts, fails_at, [] if seen is None else seen))
    return flow.run(parts, config, RUNTIME, lambda _: None, shelf)


def failing(parts: Parts, at: int, seen: list[dict[str, Tensor]]) -> Any:
    def hook(module: torch.nn.Module, _: object) -> None:
        if module.training:
            seen.append({key: value.clone() for key, value in module.state_dict().items()})
        if len(seen) == at:
            raise PowerError

    def built(mean: Sequence[float], std: Sequence[float]) -> Any:
        assert parts.build_model is not None
        model = parts.build_model(mean, std)
        model.register_forward_pre_hook(hook)
        return model

    return built


def state(found: Outcome) -> Mapping[str, Tensor]:
    assert found.model is not None
    return found.model.state_dict()


def assert_same(found: Outcome, expected: Outcome) -> None:
    assert [key for key, value in state(expected).items() if not torch.equal(value, state(found)[key])] == []
    assert found.history == expected.history
    assert found.best == expected.best
    assert found.scores == expected.scores
    assert all(torch.equal(found.statistics.table(k), expected.statistics.table(k)) for k in expected.scores)


@cache
def uninterrupted(case: str) -> Outcome:
    return run(case)


@pytest.mark.parametrize("case", CASES)
def test_a_resumed_training_ends_as_the_uninterrupted_one(case: str) -> None:
    """Interrupted inside a phase and inside an epoch, whose lengths are no multiples of each other."""
    shelf = Shelf()
    with pytest.raises(PowerError):
        run(case, shelf, fails_at=11 if case == "parts" else 6)
    assert shelf.kept is not None
    assert shelf.kept.facts["step"] == 4
    assert_same(run(case, shelf), uninterrupted(case))


def test_it_can_be_interrupted_again_and_again() -> None:
    shelf = Shelf()
    for _ in range(3):
        with pytest.raises(PowerError):
            run("alternate", shelf, 5)  # of the steps that were left
    assert shelf.kept is not None
    assert shelf.kept.facts["step"] >= 10
    assert_same(run("alternate", shelf), uninterrupted("alternate"))


def test_only_what_was_not_learned_is_learned_and_all_epochs_are_told() -> None:
    shelf, events = Shelf(), []
    with pytest.raises(PowerError):
        run("joint", shelf, 10)
    dataset = Blobs()
    again = flow.run(
        replace(noisy(blob_parts()), dataset=dataset),
        blob_config(STEPS, validations=EPOCHS),
        RUNTIME,
        events.append,
        shelf,
    )
    assert sum(dataset.times_read[:12]) == 12 + (STEPS - 7) * 4  # measured once; seven steps were kept
    assert [e.step for e in events if isinstance(e, Epoch)] == [0, 4, 7, 10, 14]
    assert [e for e in events if isinstance(e, Epoch)] == again.history
    assert Stage("continuing from step 7") in events


def test_a_finished_training_is_only_scored() -> None:
    shelf = Shelf()
    first = run("joint", shelf)
    again = run("joint", shelf, fails_at=1)  # no step is left to fail
    assert_same(again, first)
    timed = {"loader_share": None}  # how long the end of the batches was waited for is no one's loss
    assert {**again.costs, **timed} == {**first.costs, **timed}


def test_what_was_frozen_stays_frozen_after_the_interruption() -> None:
    """Of the third turn of three steps one is done: in the two others the mask's own layers do not change."""
    shelf = Shelf()
    with pytest.raises(PowerError):
        run("alternate", shelf, fails_at=9)
    assert shelf.kept is not None
    assert shelf.kept.facts["step"] == 7
    seen: list[dict[str, Tensor]] = []
    with pytest.raises(PowerError):
        run("alternate", shelf, fails_at=3, seen=seen)
    own = [key for key in seen[0] if key.startswith(("heads.mask", "decoder.branches.mask"))]
    assert own
    assert all(torch.equal(seen[0][key], seen[2][key]) for key in own)
    assert not all(torch.equal(seen[0][key], seen[2][key]) for key in seen[0])

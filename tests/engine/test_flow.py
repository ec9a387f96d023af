"""The whole story of a trial: the same seed gives the same bytes, budgets are kept, test is touched once."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest
import torch
from blobs import RUNTIME, Blobs, blob_config, blob_parts
from torch import Tensor

from mdf.core.component import ComponentConfig
from mdf.core.config import validate
from mdf.core.errors import ConfigError
from mdf.core.predictor import Predictor
from mdf.core.progress import Epoch, OnProgress, Stage, Step, Warned
from mdf.core.sample import Batch
from mdf.core.schedule import Phase, Schedule
from mdf.engine import flow
from mdf.engine.flow import Outcome
from mdf.engine.parts import Parts
from mdf.engine.training.budget import DEFAULT_STEPS, training_steps
from mdf.plugins.losses.dice import DiceLoss


def outcome(seed: int = 0, steps: int = 6, on_progress: OnProgress = lambda _: None, **parts: object) -> Outcome:
    return flow.run(blob_parts(**parts), blob_config(steps, seed), RUNTIME, on_progress)


def state(found: Outcome) -> dict[str, Tensor]:
    assert found.model is not None
    return found.model.state_dict()


def test_the_same_seed_gives_the_same_bytes_and_another_does_not() -> None:
    torch.manual_seed(99)  # whatever happened before
    first = outcome(0)
    torch.rand(17)
    again, other = outcome(0), outcome(1)
    assert all(torch.equal(x, state(again)[key]) for key, x in state(first).items())
    assert first.scores == again.scores
    assert first.history == again.history
    assert all(torch.equal(first.statistics.table(key), again.statistics.table(key)) for key in first.scores)
    assert not all(torch.equal(x, state(other)[key]) for key, x in state(first).items())


class Turns(Schedule):
    """Two steps for each task in turn, the other's own layers frozen."""

    def phases(self, steps: int, tasks: list[str], size: tuple[int, int]) -> list[Phase]:
        turns = [tasks[i % len(tasks)] for i in range(steps // 2)]
        return [Phase(2, (task,), size, tuple(t for t in tasks if t != task)) for task in turns]


class SlowAtRandom(Blobs):
    """Reading takes a moment now and then, so that the reading thread is ahead by more or fewer batches."""

    def read(self, indices: list[int]) -> Batch:
        for _ in range(random.randint(0, 60)):
            torch.rand(200, 200).sum()
        return super().read(indices)


def test_phases_do_not_depend_on_how_far_the_reader_was_ahead() -> None:
    def run() -> Outcome:
        dataset = SlowAtRandom(counts=(8, 2, 2))
        return outcome(steps=12, dataset=dataset, schedule=Turns(Turns.Config()))

    first = run()
    for _ in range(3):
        assert all(torch.equal(x, state(first)[key]) for key, x in state(run()).items())


def test_over_all_phases_every_sample_comes_equally_often() -> None:
    """12 samples in batches of 4, 6 steps in 3 phases: two whole passes. Statistics are measured in one more."""
    dataset = Blobs()
    outcome(steps=6, dataset=dataset, schedule=Turns(Turns.Config()))
    assert set(dataset.times_read[:12]) == {3}


def test_test_is_read_once() -> None:
    dataset = Blobs()
    outcome(dataset=dataset)
    assert dataset.times_read[-4:] == [1, 1, 1, 1]


def test_the_untrained_model_is_epoch_zero_and_validations_are_evenly_spread() -> None:
    events: list[object] = []
    found = outcome(steps=8, on_progress=events.append)
    epochs = [event for event in events if isinstance(event, Epoch)]
    assert [e.step for e in epochs] == [0, 4, 8]
    assert [e.eligible for e in epochs] == [False, True, True]
    assert epochs[0].selection == 0.0
    assert set(epochs[1].losses) == {"mask", "depth"}
    assert found.history == epochs
    assert found.best in epochs[1:]
    assert found.best.selection == max(e.selection for e in epochs[1:])
    assert [e.name for e in events if isinstance(e, Stage)][-1] == "scoring the test split"
    assert [e.step for e in events if isinstance(e, Step)] == [8]


@pytest.mark.parametrize(("accumulate", "batch_size", "told"), [(2, 4, True), (1, 4, False), (4, 1, False)])
def test_losses_that_asked_parts_change_are_named(accumulate: int, batch_size: int, told: bool) -> None:
    events: list[object] = []
    parts = blob_parts(losses={"mask": DiceLoss(DiceLoss.Config())})
    config = blob_config(steps=1, validations=1, accumulate=accumulate, batch_size=batch_size)
    flow.run(parts, config, RUNTIME, events.append)
    messages = [event.message for event in events if isinstance(event, Warned)]
    expected = (
        f"`train.accumulate = {accumulate}` computes each batch in parts: DiceLoss is not a per-pixel mean, so "
        "it is averaged over micro-batches"
    )
    assert messages == [expected] * told


def test_a_batch_norm_that_has_one_value_is_told_with_its_cure() -> None:
    config = blob_config(steps=1, batch_size=4, accumulate=4).model_copy(update={"size": (8, 8)})
    with pytest.raises(ConfigError, match="batch norm") as told:
        flow.run(blob_parts(), config, RUNTIME, lambda _: None)
    assert "train.accumulate" in told.value.hint


def test_training_makes_it_better_than_untrained() -> None:
    found = outcome(steps=60)
    assert found.best is not None
    assert found.best.selection > 0.3
    assert found.scores["mask/iou"] > 0.5


def test_one_task_alone_can_be_trained() -> None:
    found = outcome(tasks=("mask",), dataset=Blobs(tasks=("mask",)))
    assert set(found.scores) == {"mask/iou"}


@pytest.mark.parametrize(
    ("train", "samples", "steps"),
    [
        ({}, 2400, DEFAULT_STEPS),
        ({"steps": 5}, 2400, 5),
        ({"epochs": 2, "batch_size": 8}, 80, 20),
        ({"epochs": 0.5, "batch_size": 8}, 80, 5),
        ({"epochs": 0.001}, 80, 1),
        ({"epochs": 3, "batch_size": 64}, 10, 3),
    ],
    ids=str,
)
def test_budgets(train: dict[str, object], samples: int, steps: int) -> None:
    assert training_steps(validate({"train": train}), samples) == steps


class Half(Predictor):
    """Says one half everywhere, at a size of its own."""

    def __init__(self, config: ComponentConfig) -> None:
        super().__init__(config)
        self.seen: list[Batch] = []

    def fit(self, train: Callable[[], Iterator[Batch]]) -> None:
        self.seen = list(train())

    def predict(self, batch: Batch) -> dict[str, Tensor]:
        return {"mask": torch.full((len(batch), 1, 4, 4), 0.6)}


def test_a_predictor_is_fitted_on_training_and_scored_at_the_native_size() -> None:
    parts = blob_parts()
    half = Half(Half.Config())
    bare = Parts(parts.dataset, parts.tasks, parts.columns, predictor=half)
    found = flow.run(bare, blob_config(), RUNTIME, lambda _: None)
    assert [i for batch in half.seen for i in batch.ids] == [f"blob-{i}" for i in range(12)]
    assert set(found.scores) == {"mask/iou"}  # it says nothing of depth
    assert found.scores["mask/iou"] == pytest.approx(0.25)  # all foreground; a quarter is
    assert (found.model, found.best, found.costs["parameters"]) == (None, None, 0.0)

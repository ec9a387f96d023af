"""What training can do beside the standard recipe: averaged weights, batches in parts, conditions in turn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from threading import Barrier
from typing import Any

import pytest
import torch
from blobs import RUNTIME, Blobs, blob_config, blob_parts
from hypothesis import given
from hypothesis import strategies as st
from small_models import random_batch
from torch import Tensor, nn

from mdf.core.progress import Progress, Warned
from mdf.core.sample import Batch
from mdf.core.schedule import Phase
from mdf.engine import flow
from mdf.engine.evaluation import predictor_of, score
from mdf.engine.flow import Outcome
from mdf.engine.loader import by_condition, stratified
from mdf.engine.parts import Parts, build_network
from mdf.engine.training.average import Average
from mdf.engine.training.micro_batches import micro_batches
from mdf.engine.training.train import Trained, Trainer, TrainerCallbacks


def changed(parts: Parts, change: Any) -> Parts:
    """The parts, `change` having been at the network once it was built."""
    build = parts.build_model
    assert build is not None

    def built(mean: Sequence[float], std: Sequence[float]) -> Any:
        model = build(mean, std)
        change(model)
        return model

    return replace(parts, build_model=built)


def state(found: Outcome) -> dict[str, Tensor]:
    assert found.model is not None
    return found.model.state_dict()


def trained(parts: Parts | None = None, events: list[Progress] | None = None, **train: Any) -> Outcome:
    told = (events if events is not None else []).append
    return flow.run(parts or blob_parts(), blob_config(**train), RUNTIME, told)


def test_an_average_is_its_formula_and_leaves_the_weights_as_they_were() -> None:
    layer = nn.BatchNorm1d(2)
    average = Average(layer, 0.5)
    values = []
    for step in (1, 2, 3):
        with torch.no_grad():
            layer.weight.fill_(float(step))
            layer.num_batches_tracked += 1
        average.update(layer, step)
        values.append(float(average.weights["weight"][0]))
    first = 2 / 11 * 1 + 9 / 11 * 1
    second = 3 / 12 * first + 9 / 12 * 2
    assert values == pytest.approx([first, second, 4 / 13 * second + 9 / 13 * 3])
    before = {key: value.clone() for key, value in layer.state_dict().items()}
    with average.in_place_of(layer):
        assert float(layer.weight[0].detach()) == pytest.approx(values[-1])
        assert int(layer.num_batches_tracked) == 3
    assert all(torch.equal(value, before[key]) for key, value in layer.state_dict().items())


def test_averaged_weights_are_scored_and_kept_and_do_not_change_what_is_learned() -> None:
    parts, config = blob_parts(), blob_config(steps=8, validations=2)
    plain, averaged = (trained(parts, steps=8, validations=2, ema=decay) for decay in (0.0, 0.9))
    assert [e.losses for e in averaged.history] == [e.losses for e in plain.history]
    assert [e.scores for e in averaged.history[1:]] != [e.scores for e in plain.history[1:]]
    assert not all(torch.equal(value, state(plain)[key]) for key, value in state(averaged).items())
    assert averaged.model is not None
    assert averaged.best is not None
    parts.tasks["mask"].calibrate({})  # epochs are chosen before the calibration
    predict = predictor_of(averaged.model, parts.tasks, RUNTIME)
    again = score(parts, config, RUNTIME, predict, parts.dataset.splits().val).scores(parts.columns)
    assert again == averaged.best.scores


class GroupNorm(nn.GroupNorm):
    """In a batch norm's place: a sample's output does not depend on the others."""

    def __init__(self, channels: int) -> None:
        super().__init__(1, channels)


def without_batch_norm(model: nn.Module) -> None:
    for parent in list(model.modules()):
        for name, layer in list(parent.named_children()):
            if isinstance(layer, nn.BatchNorm2d):
                setattr(parent, name, GroupNorm(layer.num_features))


class Holes(Blobs):
    """Validity differs from sample to sample, and one has no valid depth at all."""

    def read(self, indices: Sequence[int]) -> Batch:
        batch = super().read(indices)
        valid = {task: known.clone() for task, known in batch.valid.items()}
        for place, index in enumerate(indices):
            valid["depth"][place, :, : 5 * (index % 4)] = False
        valid["depth"][:, :, 15:] = valid["depth"][:, :, :1]
        return replace(batch, valid=valid)


@pytest.mark.parametrize("accumulate", [2, 3, 9])
def test_a_batch_in_parts_teaches_what_it_teaches_as_a_whole(accumulate: int) -> None:
    """Without batch norm, whatever is valid where, and where the parts are of different sizes."""
    parts = changed(blob_parts(Holes()), without_batch_norm)
    settings = {"steps": 4, "validations": 1, "lr": 1e-3}
    whole = trained(parts, **settings)
    split = trained(changed(blob_parts(Holes()), without_batch_norm), accumulate=accumulate, **settings)
    assert split.costs["micro_batch"] == -(-4 // accumulate)
    for task, loss in whole.history[-1].losses.items():
        assert split.history[-1].losses[task] == pytest.approx(loss, rel=1e-5)
    for key, value in state(whole).items():
        torch.testing.assert_close(state(split)[key], value, rtol=1e-3, atol=1e-4)


@given(st.integers(1, 9), st.integers(1, 9))
def test_shares_add_up(count: int, at_once: int) -> None:
    known = {"background_depth": torch.rand(count, 1, 4, 6)}
    batch = replace(random_batch(count, (4, 6)), jitter=torch.rand(count, 2, 5), known=known)
    parts = list(micro_batches(batch, at_once, ("mask", "depth")))
    assert [i for part, _ in parts for i in part.ids] == list(batch.ids)
    assert torch.equal(torch.cat([part.targets["depth"] for part, _ in parts]), batch.targets["depth"])
    assert torch.equal(torch.cat([part.jitter for part, _ in parts]), batch.jitter)
    assert torch.equal(torch.cat([part.known["background_depth"] for part, _ in parts]), known["background_depth"])
    assert max(len(part) for part, _ in parts) <= at_once
    if len(parts) > 1:
        shares = [share for _, share in parts if share]
        assert sum(share.samples for share in shares) == pytest.approx(1.0)
        assert all(float(sum(s.pixels[t] for s in shares)) == pytest.approx(1.0) for t in ("mask", "depth"))
    else:
        assert parts[0][1] is None


def limited(samples: int, error: Exception) -> Any:
    """A network that has memory for so many samples while it learns."""

    def limit(module: nn.Module, inputs: tuple[Batch, ...]) -> None:
        if module.training and len(inputs[0]) > samples:
            raise error

    return lambda model: model.register_forward_pre_hook(limit)


def test_a_loss_that_parts_change_is_named_where_memory_made_them(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = changed(blob_parts(), limited(2, MemoryError()))
    assert parts.objective is not None
    loss = parts.objective.terms["mask"][0].loss
    monkeypatch.setattr(loss, "is_pixel_mean", False)
    events: list[Progress] = []
    trained(parts, events, steps=1, validations=1)
    (told,) = [event.message for event in events if isinstance(event, Warned)]
    assert told.endswith(
        f"in parts of 2; {type(loss).__name__} is not a per-pixel mean, so it is averaged over micro-batches"
    )


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory."),
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes."),
    ],
    ids=lambda error: type(error).__name__,
)
def test_where_memory_does_not_suffice_the_batch_is_halved_until_it_does(error: Exception) -> None:
    events: list[Progress] = []
    settings = {"steps": 3, "validations": 1}
    found = trained(changed(blob_parts(), limited(1, error)), events, **settings)
    assert [e.message for e in events if isinstance(e, Warned)] == [
        "out of memory with 4 samples at once: from step 1 on a batch of 4 is computed in parts of 2",
        "out of memory with 2 samples at once: from step 1 on a batch of 4 is computed in parts of 1",
    ]
    assert found.costs["micro_batch"] == 1
    asked = trained(accumulate=4, **settings)
    assert asked.history == found.history
    assert all(torch.equal(value, state(asked)[key]) for key, value in state(found).items())


class Together:
    """How two threads that train the same model agree: a batch fits if it fitted both."""

    def __init__(self) -> None:
        self.barrier = Barrier(2)
        self.answers: list[bool] = []

    def __call__(self, fitted: bool) -> bool:
        self.answers.append(fitted)
        self.barrier.wait(60)
        agreed = all(self.answers[-2:])
        self.barrier.wait(60)
        return agreed


def in_two_threads(first: int, second: int) -> list[tuple[Trained | BaseException, list[str]]]:
    """Two trainings of the same blobs in step with each other, which have memory for so many samples at once."""
    together = Together()

    def train(samples: int) -> tuple[Trained | BaseException, list[str]]:
        parts, config = changed(blob_parts(), limited(samples, MemoryError())), blob_config(steps=2, validations=1)
        events: list[Progress] = []
        batch = parts.dataset.read(range(4))
        callbacks = TrainerCallbacks(lambda *_: iter([batch] * 2), dict, lambda *_: 0.0, together)
        assert parts.objective is not None
        model = build_network(parts, (0.5,) * 3, (0.25,) * 3)
        trainer = Trainer(model, parts.objective, config, RUNTIME, callbacks, events.append)
        try:
            trained = trainer.fit([Phase(2, model.tasks, config.image_size)])
        except MemoryError as error:
            return error, []
        return trained, [event.message for event in events if isinstance(event, Warned)]

    with ThreadPoolExecutor(2) as threads:
        return list(threads.map(train, (first, second)))


def test_processes_that_train_together_halve_together() -> None:
    """What one cannot compute at once, none does."""
    (small, told), (large, also_told) = in_two_threads(1, 4)
    assert isinstance(small, Trained)
    assert isinstance(large, Trained)
    assert small.micro_batch == large.micro_batch == 1
    assert told == also_told
    assert len(told) == 2


def test_where_one_process_cannot_go_on_the_others_do_not_wait() -> None:
    (small, _), (large, _) = in_two_threads(0, 4)
    assert isinstance(small, MemoryError)
    assert isinstance(large, MemoryError)
    assert "another process" in str(large)


def test_what_no_halving_helps_is_told_as_it_is() -> None:
    with pytest.raises(MemoryError):
        trained(changed(blob_parts(), limited(0, MemoryError())))
    with pytest.raises(RuntimeError, match="something else"):
        trained(changed(blob_parts(), limited(3, RuntimeError("something else"))))


class Conditions(Blobs):
    """Nine samples of twelve are of the day, two of the night, one of a rainy night; the last has no tag at all."""

    TAGS = ([{"day"}] * 9) + [{"night"}, {"night", "rain"}, set()]

    def read(self, indices: Sequence[int]) -> Batch:
        tags = tuple(frozenset(self.TAGS[i]) if i < 12 else frozenset() for i in indices)
        return replace(super().read(indices), tags=tags)


def test_conditions_are_found_and_drawn_equally_often() -> None:
    groups = by_condition(Conditions(), range(12))
    assert groups == {"": [11], "day": [*range(9)], "night": [9, 10], "rain": [10]}
    batches = list(islice(stratified(groups, 6, torch.Generator().manual_seed(3)), 60))
    drawn = Counter(index for batch in batches for index in batch)
    assert {len(batch) for batch in batches} == {6}
    assert sum(drawn[i] for i in range(9)) == drawn[11] == 90  # of 360 a quarter each
    assert drawn[9] == 45
    assert drawn[10] == 45 + 90
    assert {drawn[i] for i in range(9)} == {10}
    again = list(islice(stratified(groups, 6, torch.Generator().manual_seed(3)), 60))
    other = list(islice(stratified(groups, 6, torch.Generator().manual_seed(4)), 60))
    assert again == batches != other


def test_a_trial_draws_conditions_in_turn() -> None:
    plain, balanced = Conditions(), Conditions()
    trained(replace(blob_parts(), dataset=plain), steps=6, validations=1)
    trained(replace(blob_parts(), dataset=balanced), steps=6, validations=1, balance_tags=True)
    assert plain.times_read[:12] == [1 + 2] * 12  # 24 samples in all
    assert balanced.times_read[11] == 2 + 6  # read for its condition, measured, and a quarter of 24

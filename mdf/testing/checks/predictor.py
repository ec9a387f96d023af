"""Checks what a predictor promises: finite public values of its tasks, and batches that it does not change."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from mdf.core.errors import MdfError
from mdf.core.predictor import Predictor
from mdf.core.sample import Batch
from mdf.testing.compare import close, equal, finite, require, typed
from mdf.testing.inputs.targets import batch_for, task_of
from mdf.testing.subject import Subject


def can_be_built(subject: Subject[Predictor]) -> None:
    """It is built from its options; its line says what it predicts."""
    subject.create()
    require(bool(subject.tasks), "its Spec names no tasks")


def can_be_built_in_a_worker(subject: Subject[Predictor]) -> None:
    """Class, config and arguments can be pickled; another process builds it from them."""
    subject.worker.build(subject)


def predicts_what_it_declares(subject: Subject[Predictor]) -> None:
    """Fitted on a few batches, it gives finite float32 N×C×H×W for each task of its line, also for a batch of one."""
    predictor = _fitted(subject)
    for count in (1, 4):
        values = predictor.predict(batch_for(subject, count, seed=9))
        require(
            set(values) == set(subject.tasks), f"it predicts {sorted(values)}, declared are {sorted(subject.tasks)}"
        )
        for task, tensor in values.items():
            require(tensor.ndim == 4 and len(tensor) == count, f"`{task}` is {tuple(tensor.shape)} for {count} samples")
            typed(tensor, torch.float32, f"`{task}`")
            finite(tensor, f"`{task}`")
            _check_range(subject, task, tensor)


def it_says_that_it_is_not_fitted(subject: Subject[Predictor]) -> None:
    """`predict` works, or raises an MdfError with a hint; never anything else."""
    try:
        subject.create().predict(batch_for(subject))
    except MdfError as error:
        require(bool(error.hint), "its error has no hint")


def the_same_sample_is_predicted_the_same(subject: Subject[Predictor]) -> None:
    """A sample is predicted the same in any batch, whatever was predicted before."""
    predictor = _fitted(subject)
    batch = batch_for(subject, 3, seed=9)
    together = {task: tensor.clone() for task, tensor in predictor.predict(batch).items()}
    predictor.predict(batch_for(subject, 2, seed=10))
    equal(predictor.predict(batch), together, "the second time")
    alone = predictor.predict(batch.select([1]))
    close(alone, {task: tensor[1:2] for task, tensor in together.items()}, "alone")


def fitting_twice_gives_the_same(subject: Subject[Predictor]) -> None:
    """Two of them, fitted on the same frames after the same seed, predict the same."""
    first, second = (_fitted(subject).predict(batch_for(subject, seed=9)) for _ in range(2))
    equal(second, first, "fitted again")


def batches_are_not_changed(subject: Subject[Predictor]) -> None:
    """Neither the batches that it learns from are changed, nor those that it predicts."""
    training = _training(subject)
    before = [_tensors(batch) for batch in training]
    predictor = subject.create()
    predictor.fit(lambda: iter(training))
    for i, batch in enumerate(training):
        equal(_tensors(batch, copy=False), before[i], "after fitting")
    batch = batch_for(subject, seed=9)
    untouched = _tensors(batch)
    predictor.predict(batch)
    equal(_tensors(batch, copy=False), untouched, "after predicting")


def training_without_a_valid_pixel_is_no_crash(subject: Subject[Predictor]) -> None:
    """It learns what it can, or raises an MdfError with a hint."""
    predictor = subject.create()
    try:
        predictor.fit(lambda: iter([batch_for(subject, holes=1.1)]))
        values = predictor.predict(batch_for(subject, seed=9))
    except MdfError as error:
        require(bool(error.hint), "its error has no hint")
        return
    for task, tensor in values.items():
        finite(tensor, f"`{task}`")


def _check_range(subject: Subject[Predictor], name: str, values: Tensor) -> None:
    """Fails where values lie outside the range of their task: its fractions then leave 0–1."""
    fraction = task_of(subject, name).fraction(values)
    if bool(((fraction < 0) | (fraction > 1)).any()):
        require(False, f"`{name}` goes from {values.min():g} to {values.max():g}, beyond what the task can mean")


def _fitted(subject: Subject[Predictor]) -> Predictor:
    predictor = subject.create()

    def train() -> Iterator[Batch]:
        return iter(_training(subject))

    predictor.fit(train)
    return predictor


def _training(subject: Subject[Predictor]) -> list[Batch]:
    return [batch_for(subject, 4, seed=seed) for seed in range(3)]


def _tensors(batch: Batch, copy: bool = True) -> dict[str, Tensor]:
    tensors = {"bg": batch.bg, "fg_bg": batch.fg_bg}
    for held, what in ((batch.targets, "target"), (batch.valid, "valid"), (batch.known, "known")):
        tensors |= {f"{what} {name}": tensor for name, tensor in held.items()}
    return {name: tensor.clone() if copy else tensor for name, tensor in tensors.items()}


CHECKS = (
    can_be_built,
    can_be_built_in_a_worker,
    predicts_what_it_declares,
    it_says_that_it_is_not_fitted,
    the_same_sample_is_predicted_the_same,
    fitting_twice_gives_the_same,
    batches_are_not_changed,
    training_without_a_valid_pixel_is_no_crash,
)

"""Checks what a metric promises: statistics that add, a score for any sum of them, and a complete protocol."""

from __future__ import annotations

import math
from typing import get_args, get_type_hints

import torch
from torch import Tensor

from mdf.core.errors import DataError
from mdf.core.metric import Metric, Protocol
from mdf.testing.compare import close, equal, finite, numbered, require, shaped, typed
from mdf.testing.inputs import probes
from mdf.testing.inputs.targets import public, task_of, tasks_of
from mdf.testing.subject import Subject

COUNT = 32
Data = tuple[Tensor, Tensor, Tensor]


def can_be_built(subject: Subject[Metric]) -> None:
    """It is built from its options."""
    subject.create()


def can_be_built_in_a_worker(subject: Subject[Metric]) -> None:
    """Class, config and arguments can be pickled; another process builds it from them."""
    subject.worker.build(subject)


def its_protocol_is_stated(subject: Subject[Metric]) -> None:
    """It has a label, and its protocol states everything that decides what a score means."""
    metric = subject.create()
    protocol = getattr(metric, "protocol", None)
    require(isinstance(protocol, Protocol), f"its `protocol` is {protocol!r}")
    assert isinstance(protocol, Protocol)
    label = getattr(metric, "label", "")
    require(isinstance(label, str) and bool(label) and label.isprintable(), f"its `label` is {label!r}")
    for name in ("aggregation", "valid", "alignment", "resolution"):
        require(bool(getattr(protocol, name)), f"its protocol's `{name}` is empty")
    directions = get_args(get_type_hints(Protocol)["direction"])
    require(protocol.direction in directions, f"its direction is {protocol.direction!r}, not one of {directions}")
    require(math.isfinite(protocol.perfect), f"its perfect score is {protocol.perfect}")


def statistics_are_finite_float64(subject: Subject[Metric]) -> None:
    """Each sample has K statistics: for predictions, for a prediction of zeros, and for an empty truth."""
    metric = subject.create()
    for task in tasks_of(subject):
        prediction, target, valid = _data(subject, task)
        cases = {
            "a prediction": (prediction, target),
            "a prediction of zeros": (torch.zeros_like(prediction), target),
            "an empty truth": (prediction, torch.zeros_like(target)),
        }
        for what, (given, truth) in cases.items():
            if what == "an empty truth" and not _can_be_zero(subject, task):
                continue
            statistics = metric.statistics(given, truth, valid)
            require(statistics.ndim == 2 and len(statistics) == COUNT, f"of {what} they are {tuple(statistics.shape)}")
            typed(statistics, torch.float64, "they")
            finite(statistics, f"of {what} they")
            shaped(metric.score(statistics.sum(0)), (), f"the score of {what}")


def batches_do_not_matter(subject: Subject[Metric]) -> None:
    """Batches of 1, 7 and 32 give each sample the same statistics, so that any of them just add."""
    metric = subject.create()
    for task in tasks_of(subject):
        data = _data(subject, task)
        whole = metric.statistics(*data)
        for size in (1, 7):
            parts = [metric.statistics(*part) for part in zip(*(torch.split(t, size) for t in data), strict=True)]
            close({"statistics": torch.cat(parts)}, {"statistics": whole}, f"in batches of {size} the", 1e-9, 1e-12)


def without_a_valid_pixel_nothing_is_measured(subject: Subject[Metric]) -> None:
    """Such a sample adds only zeros, and the score of nothing is NaN."""
    metric = subject.create()
    for task in tasks_of(subject):
        prediction, target, valid = _data(subject, task)
        statistics = metric.statistics(prediction, target, torch.zeros_like(valid))
        equal({"statistics": statistics}, {"statistics": torch.zeros_like(statistics)}, "the")
        score = metric.score(statistics.sum(0))
        require(bool(score.isnan()), f"the score of nothing is {score.item():g} instead of NaN")


def what_lies_under_invalid_pixels_does_not_matter(subject: Subject[Metric]) -> None:
    """NaN, infinity or any number there changes no statistics."""
    metric = subject.create()
    for task in tasks_of(subject):
        prediction, target, valid = _data(subject, task)
        expected = {"statistics": metric.statistics(prediction, target, valid)}
        for poison in (float("nan"), float("inf"), 1e9):
            given = metric.statistics(prediction.where(valid, poison), target.where(valid, poison), valid)
            close({"statistics": given}, expected, f"with {poison:g} under invalid pixels the", 1e-9, 1e-12)


def a_perfect_prediction_scores_perfectly(subject: Subject[Metric]) -> None:
    """The truth itself scores `protocol.perfect`, and nothing scores better."""
    metric = subject.create()
    for task in tasks_of(subject):
        prediction, target, valid = _data(subject, task)
        perfect = _score(metric, _as_read(subject, target), target, valid)
        expected = metric.protocol.perfect
        require(
            math.isclose(perfect, expected, rel_tol=1e-6, abs_tol=1e-6),
            f"`{task}`: it scores {perfect:g}, not {expected:g}",
        )
        other = _score(metric, prediction, target, valid)
        better = other > expected + 1e-6 if metric.protocol.direction == "higher" else other < expected - 1e-6
        require(not better, f"`{task}`: a wrong prediction scores {other:g}, better than the perfect {expected:g}")


def scores_are_vectorised(subject: Subject[Metric]) -> None:
    """Statistics …×K give scores … float64, each the same as alone; the statistics are not changed."""
    metric = subject.create()
    statistics = metric.statistics(*_data(subject)).view(4, COUNT // 4, -1)
    before = statistics.clone()
    scores = metric.score(statistics)
    shaped(scores, statistics.shape[:2], "scores")
    typed(scores, torch.float64, "scores")
    alone = torch.stack([metric.score(row) for row in statistics.flatten(0, 1)]).view(scores.shape)
    close({"scores": scores}, {"scores": alone}, "together", 1e-9)
    equal({"statistics": statistics}, {"statistics": before}, "afterwards the")


def inputs_are_not_changed(subject: Subject[Metric]) -> None:
    """Prediction, target and validity stay as they were."""
    metric = subject.create()
    data = _data(subject)
    before = [tensor.clone() for tensor in data]
    metric.statistics(*data)
    equal(numbered(data, "input"), numbered(before, "input"), "afterwards")


def _data(subject: Subject[Metric], task: str = "") -> Data:
    """Public prediction, target and validity of many samples; the last has no valid pixel."""
    task = task or tasks_of(subject)[0]
    target, valid = public(subject, task, COUNT)
    noise = torch.rand(target.shape, generator=probes.generator(7))
    other = public(subject, task, COUNT, seed=1)[0]
    prediction = target + noise * (other - target)
    valid = valid.clone()
    valid[-1] = False
    return _as_read(subject, prediction), target.where(valid, 0.0), valid


def _can_be_zero(subject: Subject[Metric], name: str) -> bool:
    """Whether a target of zeros is a measurement: a depth of 0 is none."""
    task = task_of(subject, name)
    try:
        task.check_values(torch.zeros(task.channels, 1, dtype=task.target_dtype), task.unit)
    except DataError:
        return False
    return True


def _as_read(subject: Subject[Metric], values: Tensor) -> Tensor:
    """A prediction as the metric reads it: with some spread where it reads a distribution."""
    if subject.create().reads != "distribution":
        return values
    return torch.cat([values, 0.1 + torch.rand(values.shape, generator=probes.generator(8))], dim=1)


def _score(metric: Metric, prediction: Tensor, target: Tensor, valid: Tensor) -> float:
    return metric.score(metric.statistics(prediction, target, valid).sum(0)).item()


CHECKS = (
    can_be_built,
    can_be_built_in_a_worker,
    its_protocol_is_stated,
    statistics_are_finite_float64,
    batches_do_not_matter,
    without_a_valid_pixel_nothing_is_measured,
    what_lies_under_invalid_pixels_does_not_matter,
    a_perfect_prediction_scores_perfectly,
    scores_are_vectorised,
    inputs_are_not_changed,
)

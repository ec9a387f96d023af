"""Measures one configuration's costs, in a worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from mdf.core.progress import OnProgress
from mdf.core.sample import Batch
from mdf.engine.evaluation import predictor_of
from mdf.engine.fold_batch_norms import fold
from mdf.engine.layout import place
from mdf.engine.prepare.colours import unit_range
from mdf.study.costs import measured_memory
from mdf.study.costs.bench import STATISTICS, Bench, bench
from mdf.study.costs.request import CostPart, MeasureRequest
from mdf.study.costs.timing import MOST, WARM_UP, Stopwatch, quantile, times
from mdf.workers.malloc import keep_freed_memory

Costs = dict[str, float]
"""By the keys of `COST_COLUMNS`."""


def measure_costs(on_progress: OnProgress, request: MeasureRequest) -> Costs:  # noqa: ARG001
    """The part of the costs that `request` names."""
    return PARTS[request.part](bench(request.config, request.plugins))


def training_memory(subject: Bench) -> Costs:
    """The peak of one training step in bytes, with the model and the optimiser's state. One step before it, in which
    libraries load and compile what they need, is not measured."""
    measured_memory.settle(subject.runtime)
    subject.train(subject.model(), 1)
    return single_step(subject)


def single_step(subject: Bench) -> Costs:
    """The same of the first step alone, for networks too expensive to run twice: of theirs, what libraries load is a
    small part."""
    _load(subject)
    measured_memory.settle(subject.runtime)
    peak = measured_memory.peak(lambda: subject.train(subject.model(), 1), subject.runtime)
    return {} if peak is None else {"peak_memory": peak}


def inference_memory(subject: Bench) -> Costs:
    """The peak of predicting one batch of the study's size in bytes, with the model."""
    measured_memory.settle(subject.runtime)
    _predict(subject)(subject.batch)
    measured_memory.settle(subject.runtime)
    peak = measured_memory.peak(lambda: _predict(subject)(subject.batch), subject.runtime)
    return {} if peak is None else {"inference_memory": peak}


def speed(subject: Bench) -> Costs:
    """Seconds that predicting one pair and a batch of the study's size take (images on the device), and images a
    second."""
    keep_freed_memory()  # as trials have it: a memory that was measured before changed it
    predict, device = _predict(subject), _device(subject)
    single, whole = one(subject.batch).to(device), subject.batch.to(device)
    alone = times(lambda: predict(single), subject.runtime)
    together = times(lambda: predict(whole), subject.runtime)
    costs = {
        "latency_p50": quantile(alone, 0.5),
        "latency_p95": quantile(alone, 0.95),
        "batch_latency_p50": quantile(together, 0.5),
        "batch_latency_p95": quantile(together, 0.95),
        "images_per_second": len(whole) / quantile(together, 0.5),
    }
    return costs if subject.parts.objective is None else {**costs, **_training_speed(subject)}


def _training_speed(subject: Bench) -> Costs:
    """Images a second of training, with augmentation, forward and backward pass and optimiser."""
    watch = Stopwatch(subject.runtime)
    subject.train(subject.model(), WARM_UP + MOST, watch.lap, lambda: watch.enough)
    steps = watch.laps
    return {
        "train_images_per_second": len(subject.batch) / quantile(steps, 0.5),
        "train_step_p50": quantile(steps, 0.5),
        "train_step_p95": quantile(steps, 0.95),
    }


PARTS: Mapping[CostPart, Callable[[Bench], Costs]] = {
    "training": training_memory,
    "single-step": single_step,
    "inference": inference_memory,
    "speed": speed,
}


def one(batch: Batch) -> Batch:
    """The first sample, as a batch."""
    return batch.select(range(1))


def _predict(subject: Bench) -> Callable[[Batch], Mapping[str, Tensor]]:
    """The network as `mdf.load` uses it, or the fitted predictor, as a function from images."""
    if subject.parts.predictor is not None:
        subject.parts.predictor.fit(lambda: iter([subject.batch]))
        return subject.parts.predictor.predict
    model, config = subject.model(), subject.config
    if not config.train.compile:  # what is compiled is compiled as it was trained
        model = place(fold(model.cpu(), config.image_size), subject.runtime)
    predict = predictor_of(model, subject.parts.tasks, subject.runtime)
    return lambda batch: predict(batch.without_truth().to(subject.runtime.device))


def _device(subject: Bench) -> str:
    return "cpu" if subject.parts.predictor is not None else subject.runtime.device


def _load(subject: Bench) -> None:
    """Import what the model's components import, and compile the loops that images go through, so that neither is a
    part of its memory."""
    unit_range(one(subject.batch).bg)
    if subject.parts.build_model is not None:
        with torch.device("meta"):
            subject.parts.build_model(*STATISTICS)

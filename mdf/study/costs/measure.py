"""Measures one configuration's costs, each part in a worker of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from mdf.core.config import ExperimentConfig
from mdf.core.progress import OnProgress
from mdf.core.sample import Batch
from mdf.engine.flow import place, predictor_of
from mdf.engine.fold import fold
from mdf.engine.prepare.colours import unit_range
from mdf.study.costs import memory
from mdf.study.costs.bench import STATISTICS, Bench, bench
from mdf.study.costs.timing import MOST, WARM_UP, Stopwatch, quantile, times

Costs = dict[str, float]


def measure(on_progress: OnProgress, what: str, config: ExperimentConfig, plugins: Sequence[str]) -> Costs:  # noqa: ARG001
    """The part `what` of the costs of `config` (resolved), by key: `training` (or
    `single-step`), `inference` or `speed`."""
    subject = bench(config, plugins)
    return PARTS[what](subject)


def training_memory(subject: Bench) -> Costs:
    """Peak of one training step in bytes, the model's own and the optimiser's included; after one that is not
    measured, in which libraries load and compile what they need."""
    memory.settle(subject.runtime)
    subject.train(subject.model(), 1)
    return single_step(subject)


def single_step(subject: Bench) -> Costs:
    """The same of the first step: of what is too dear for two, libraries are a small part."""
    _load(subject)
    memory.settle(subject.runtime)
    found = memory.peak(lambda: subject.train(subject.model(), 1), subject.runtime)
    return {} if found is None else {"peak_memory": found}


def inference_memory(subject: Bench) -> Costs:
    """Peak of predicting one batch of the study's size in bytes, the model's own included."""
    memory.settle(subject.runtime)
    _predict(subject)(subject.batch)
    memory.settle(subject.runtime)
    found = memory.peak(lambda: _predict(subject)(subject.batch), subject.runtime)
    return {} if found is None else {"inference_memory": found}


def speed(subject: Bench) -> Costs:
    """Seconds a prediction of one pair and of the study's batch (images on the device); images a second."""
    predict, device = _predict(subject), _device(subject)
    single, whole = one(subject.batch).to(device), subject.batch.to(device)
    alone, together = (times(lambda b=b: predict(b), subject.runtime) for b in (single, whole))  # type: ignore[misc]
    costs = {
        "latency_p50": quantile(alone, 0.5),
        "latency_p95": quantile(alone, 0.95),
        "batch_latency_p50": quantile(together, 0.5),
        "batch_latency_p95": quantile(together, 0.95),
        "images_per_second": len(whole) / quantile(together, 0.5),
    }
    return costs if subject.parts.predictor is not None else {**costs, **_training_speed(subject)}


def _training_speed(subject: Bench) -> Costs:
    """Images a second of training: augmentation, forward, backward and optimiser."""
    watch = Stopwatch(subject.runtime)
    subject.train(subject.model(), WARM_UP + MOST, watch.lap, lambda: watch.enough)
    steps = watch.laps
    return {
        "train_images_per_second": len(subject.batch) / quantile(steps, 0.5),
        "train_step_p50": quantile(steps, 0.5),
        "train_step_p95": quantile(steps, 0.95),
    }


PARTS: Mapping[str, Callable[[Bench], Costs]] = {
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
    found = predictor_of(model, subject.parts.tasks, subject.runtime)
    return lambda batch: found(batch.without_truth().to(subject.runtime.device))


def _device(subject: Bench) -> str:
    return "cpu" if subject.parts.predictor is not None else subject.runtime.device


def _load(subject: Bench) -> None:
    """Import whatever the model's components import, and make the machine code that images go through, so that neither
    is a part of its memory."""
    unit_range(one(subject.batch).bg)
    if subject.parts.build_model is not None:
        with torch.device("meta"):
            subject.parts.build_model(*STATISTICS)

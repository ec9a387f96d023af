"""The time of a training step, estimated in a worker from smaller steps."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from mdf.core.config import ExperimentConfig
from mdf.core.errors import MdfError
from mdf.core.progress import OnProgress
from mdf.study.costs.bench import Bench, bench
from mdf.study.costs.request import BenchRequest
from mdf.study.costs.timing import Stopwatch
from mdf.study.costs.work import gmacs

SHRINK, SMALLEST = 2, 32
REPEATS = 3


def calibrate(on_progress: OnProgress, request: BenchRequest) -> float:  # noqa: ARG001
    """Estimated seconds of a training step: from a step of a quarter of its batch and one of as many pairs at half the
    size, a line through time and arithmetic. (Small maps keep a device less busy than large ones.)"""
    config, plugins = request.config.model_copy(update={"enlarge_to": 0}), request.plugins  # training enlarges nothing
    whole = bench(config, plugins)
    work = gmacs(whole) * len(whole.batch)
    few = max(min(2, len(whole.batch)), len(whole.batch) // 4)
    part = _step(bench(_with_batch(config, few), plugins))
    try:
        small = _step(bench(_with_batch(_smaller(config), few), plugins))
    except MdfError:  # an encoder that takes no other size
        small = (0.0, 0.0)
    return at(work, [small, part])


def _step(subject: Bench) -> tuple[float, float]:
    """(10⁹ multiply-accumulates of its forward passes, seconds) of the fastest step after one that warms up."""
    watch = Stopwatch(subject.runtime)
    subject.train(subject.model(), 1 + REPEATS, watch.lap)
    seconds = min(after - before for before, after in pairwise(watch.marks[1:]))
    return gmacs(subject) * len(subject.batch), seconds


def _smaller(config: ExperimentConfig) -> ExperimentConfig:
    height, width = (max(SMALLEST, side // SHRINK) for side in config.image_size)
    return config.model_copy(update={"size": (height, width)})


def _with_batch(config: ExperimentConfig, batch_size: int) -> ExperimentConfig:
    changed = config.train.model_copy(update={"batch_size": batch_size, "accumulate": 1})
    return config.model_copy(update={"train": changed})


def at(x: float, points: Sequence[tuple[float, float]]) -> float:
    """The value at `x` of the line through two (x, y). One that falls is noise: y is then taken to be proportional."""
    (x1, y1), (x2, y2) = points
    slope = (y2 - y1) / (x2 - x1) if x2 > x1 else 0.0
    if slope <= 0:
        return x * y2 / x2
    return max(0.0, y1 - slope * x1) + slope * x

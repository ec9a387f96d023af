"""The time of a training step, estimated from steps that are small."""

from __future__ import annotations

from collections.abc import Sequence

from mdf.core.config import ExperimentConfig
from mdf.core.errors import MdfError
from mdf.study.costs.bench import Bench, bench
from mdf.study.costs.timing import Stopwatch
from mdf.study.costs.work import gmacs
from mdf.study.plan.line import at

SHRINK, SMALLEST = 4, 32
BATCHES = (2, 4)


def calibrate(config: ExperimentConfig, plugins: Sequence[str]) -> dict[str, float]:
    """`step_seconds` of `config` (resolved): a line through two steps of 2 and of 4 pairs at a quarter of its size,
    by their arithmetic. Good to about a factor of 1.5: large maps keep a device busier than small ones."""
    whole = bench(config, plugins)
    work = gmacs(whole) * len(whole.batch)
    try:
        points = [_step(bench(_small(config, count), plugins)) for count in BATCHES]
    except MdfError:  # an encoder that takes no other size
        points = [_step(bench(_with_batch(config, count), plugins)) for count in (1, 2)]
    return {"step_seconds": at(work, points)}


def _step(subject: Bench) -> tuple[float, float]:
    """(10⁹ multiply-accumulates of its forward pass, seconds) of a step, the second of two."""
    watch = Stopwatch(subject.runtime)
    subject.train(subject.model(), 2, watch.lap)
    return gmacs(subject) * len(subject.batch), watch.marks[-1] - watch.marks[-2]


def _small(config: ExperimentConfig, batch_size: int) -> ExperimentConfig:
    height, width = (max(SMALLEST, -(-side // (SHRINK * SMALLEST)) * SMALLEST) for side in config.image_size)
    return _with_batch(config.model_copy(update={"size": (height, width)}), batch_size)


def _with_batch(config: ExperimentConfig, batch_size: int) -> ExperimentConfig:
    changed = config.train.model_copy(update={"batch_size": batch_size, "accumulate": 1})
    return config.model_copy(update={"train": changed})

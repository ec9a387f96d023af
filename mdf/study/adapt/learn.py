"""Goes on training a network on one camera: drawn figures on its empty frames, and what the network knew before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic

import torch
from torch import Tensor

from mdf.core.config import ExperimentConfig
from mdf.core.dataset import Dataset
from mdf.core.errors import ConfigError
from mdf.core.progress import OnProgress
from mdf.core.sample import Batch
from mdf.core.schedule import Phase
from mdf.data.mixture import Mixture
from mdf.engine import layout
from mdf.engine import runtime as machine
from mdf.engine.loader import read, read_ahead, shuffled
from mdf.engine.parts import build_network
from mdf.engine.training.train import Scores, Trainer, TrainerCallbacks
from mdf.models import assemble
from mdf.registry import Catalog

TOGETHER = 2
"""Neighbouring samples that are taken at once of what the network knew before: drawn scenes come in such pairs."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What is learned from.

    Attributes:
        camera: figures drawn on the camera's empty frames.
        before: what the network was trained on.
        labelled: labelled frames of the camera, or None.
    """

    camera: Dataset
    before: Dataset
    labelled: Dataset | None

    @property
    def mixture(self) -> Mixture:
        """All as one data set, in this order."""
        return Mixture(self.camera, [self.before, *([self.labelled] if self.labelled else [])])


def check_units(camera: Dataset, before: Dataset) -> None:
    """Raise ConfigError where the camera's data give something in another unit than the network learned it in."""
    for task, unit in camera.units.items():
        known = before.units.get(task, unit)
        if known != unit:
            raise ConfigError(
                f"the network learned `{task}` in the unit `{known}`, and the camera's is in `{unit}`",
                "leave out `--background-depth`, or adapt a network that learned it in metres",
            )


def learn(
    lesson: Lesson, config: ExperimentConfig, catalog: Catalog, seconds: float, on_progress: OnProgress
) -> tuple[Mapping[str, Tensor], int]:
    """The averaged weights after the steps of `config`, or those that `seconds` allowed; and their number. Images have
    the size of the camera's samples.

    `config.init` is located. Raises DivergedError where the loss is no number any more.
    """
    runtime = machine.resolve(config)
    machine.prepare(runtime, config.seed)
    mixture = lesson.mixture
    parts = assemble.parts(config, catalog, mixture)
    model = layout.place(build_network(parts, (0.5,) * 3, (0.25,) * 3), runtime)
    assert parts.objective is not None
    order = _order(lesson, mixture, config.train.batch_size, torch.Generator().manual_seed(config.seed))
    until = monotonic() + seconds

    def batches(size: tuple[int, int], steps: int, skip: int) -> Iterator[Batch]:  # noqa: ARG001
        def in_time() -> Iterator[Batch]:
            for _ in range(steps):
                if monotonic() > until:
                    return
                yield read(parts.dataset, next(order), size, parts.tasks)

        return read_ahead(in_time(), runtime.device)

    callbacks = TrainerCallbacks(batches, validate=dict, select=_indifferent)
    trainer = Trainer(model, parts.objective, config, runtime, callbacks, on_progress)
    phase = Phase(config.train.steps or 1, tuple(model.tasks), lesson.camera.native_size(0))
    trained = trainer.fit([phase])
    return {key: x.detach().cpu() for key, x in model.state_dict().items()}, trained.history[-1].step


def _indifferent(scores: Scores, untrained: Scores) -> float:  # noqa: ARG001
    """No epoch is chosen by a score: what is kept is decided afterwards."""
    return 0.0


def mixed(before: Mapping[str, Tensor], after: Mapping[str, Tensor], share: float) -> dict[str, Tensor]:
    """Weights between two networks; `share` of the change is taken (Wortsman et al., CVPR 2022, arXiv:2109.01903)."""
    if not share:
        return dict(before)
    return {
        key: torch.lerp(old.float(), after[key].float(), share).to(old.dtype) if old.is_floating_point() else after[key]
        for key, old in before.items()
    }


def _order(lesson: Lesson, mixture: Mixture, size: int, generator: torch.Generator) -> Iterator[list[int]]:
    """Indices of batches without end: a quarter is what was known before, a quarter labelled frames if there are."""
    camera, *others = _training(mixture)
    quarter = max(1, size // 4)
    known = _in_runs(others[0], generator)
    labelled = _one_by_one(others[1], generator) if lesson.labelled is not None else None
    drawn = _one_by_one(camera, generator)
    while True:
        chosen = [next(known) for _ in range(quarter)]
        chosen += [next(labelled) for _ in range(quarter)] if labelled else []
        yield [*chosen, *(next(drawn) for _ in range(size - len(chosen)))]


def _training(mixture: Mixture) -> list[Sequence[int]]:
    """The training indices of each member."""
    return [
        [start + index for index in member.splits().train]
        for start, member in zip(mixture.starts, mixture.members, strict=False)
    ]


def _one_by_one(indices: Sequence[int], generator: torch.Generator) -> Iterator[int]:
    for batch in shuffled(indices, 1, generator):
        yield from batch


def _in_runs(indices: Sequence[int], generator: torch.Generator) -> Iterator[int]:
    """The same, neighbours one after the other."""
    for first in _one_by_one(range(0, len(indices), TOGETHER), generator):
        yield from indices[first : first + TOGETHER]

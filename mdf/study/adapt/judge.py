"""What tells, without labels, how well a network does on a camera."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from mdf.core.dataset import Dataset
from mdf.core.image import Pixels
from mdf.core.sample import Batch
from mdf.core.task import Task
from mdf.inference.session import LoadedModel
from mdf.study.adapt.request import Evidence

Found = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Exam:
    """What networks are judged on; nothing of it was trained on.

    Attributes:
        figures: samples of drawn figures on empty frames.
        empty: the same without figures.
        labelled: labelled samples of the camera.
        background, busy: real frames of the camera, H×W×3 uint8.
    """

    figures: Sequence[Batch]
    empty: Sequence[Batch]
    labelled: Sequence[Batch]
    background: Pixels
    busy: Sequence[Pixels]


def unseen(dataset: Dataset, test_too: bool = False) -> list[Batch]:
    """The validation samples of a data set one by one, with `test_too` also those for test."""
    splits = dataset.splits()
    return [dataset.read([index]) for index in [*splits.val, *(splits.test if test_too else ())]]


def sit(exam: Exam, model: LoadedModel, before: LoadedModel | None = None) -> Evidence:
    """How well `model` does; `before` is the network that it was adapted from, None for that itself."""
    task = foreground_task(model.tasks)
    assert task is not None
    figures = [_overlap(model, sample, task) for sample in exam.figures]
    labelled = [_overlap(model, sample, task) for sample in exam.labelled]
    union = sum(either for _, either in labelled)
    return Evidence(
        figures=float(np.mean([both / either for both, either in figures if either] or [0.0])),
        false=float(np.mean([_predicted(model, sample).mean() for sample in exam.empty])),
        found=_found(model, before, exam) if exam.busy else None,
        labelled=sum(both for both, _ in labelled) / union if union else None,
    )


def foreground_task(tasks: Mapping[str, Task]) -> str | None:
    """The task that tells what is foreground; None if none does."""
    return next((name for name, task in tasks.items() if type(task).foreground is not Task.foreground), None)


def _overlap(model: LoadedModel, sample: Batch, task: str) -> tuple[int, int]:
    """Valid pixels that are foreground in prediction and truth, and in one of the two."""
    found = torch.from_numpy(_predicted(model, sample))
    truth, valid = sample.targets[task][0, 0] > 0, sample.valid[task][0, 0]
    return int((found & truth & valid).sum()), int(((found | truth) & valid).sum())


def _found(model: LoadedModel, before: LoadedModel | None, exam: Exam) -> float:
    """The share of what `before` finds in real frames that `model` finds too."""
    if before is None:
        return 1.0
    ours, theirs = model.open(exam.background), before.open(exam.background)
    both = found = 0
    for frame in exam.busy:
        mine, old = _foreground(ours(frame).foreground), _foreground(theirs(frame).foreground)
        both += int((mine & old).sum())
        found += int(old.sum())
    return both / found if found else 1.0


def _predicted(model: LoadedModel, sample: Batch) -> Found:
    return _foreground(model.open(sample.bg[0])(sample.fg_bg[0]).foreground)


def _foreground(found: Found | None) -> Found:
    assert found is not None  # a task tells it: `foreground_task`
    return found

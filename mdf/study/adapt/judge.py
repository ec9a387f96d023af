"""Whether an adapted network is better on its camera: what tells so without labels, and the rule that decides."""

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


@dataclass(frozen=True, slots=True)
class Exam:
    """What networks are judged on.

    Attributes:
        figures: drawn figures on empty frames; its validation split holds neither figures nor frames that were trained
            on. empty: the same frames without figures.
        background, busy: real frames of the camera, H×W×3 uint8.
        labelled: labelled frames; its validation and test splits were not trained on.
    """

    figures: Dataset
    empty: Dataset
    background: Pixels
    busy: Sequence[Pixels]
    labelled: Dataset | None


def sit(exam: Exam, model: LoadedModel, before: LoadedModel | None = None) -> Evidence:
    """What tells how well `model` does; `before` is the network that it was adapted from, None for that itself."""
    task = foreground_task(model.tasks)
    assert task is not None
    figures = [_overlap(model, exam.figures, [index], task) for index in exam.figures.splits().val]
    shares = [union and inter / union for inter, union in figures if union]
    splits = exam.labelled.splits() if exam.labelled is not None else None
    unseen = [*splits.val, *splits.test] if splits else []
    inter, union = _overlap(model, exam.labelled, unseen, task) if exam.labelled is not None else (0, 0)
    return Evidence(
        figures=float(np.mean(shares)) if shares else 0.0,
        false=_false(model, exam.empty),
        found=_found(model, before, exam) if exam.busy else None,
        labelled=inter / union if union else None,
    )


def foreground_task(tasks: Mapping[str, Task]) -> str | None:
    """The task that tells what is foreground; None if none does."""
    return next((name for name, task in tasks.items() if type(task).foreground is not Task.foreground), None)


def _overlap(model: LoadedModel, dataset: Dataset, indices: Sequence[int], task: str) -> tuple[int, int]:
    """Pixels that are foreground in prediction and truth, and in one of the two, of valid ones."""
    inter = union = 0
    for index in indices:
        batch = dataset.read([index])
        found = torch.from_numpy(_predicted(model, batch))
        truth, valid = batch.targets[task][0, 0] > 0, batch.valid[task][0, 0]
        inter += int((found & truth & valid).sum())
        union += int(((found | truth) & valid).sum())
    return inter, union


def _false(model: LoadedModel, empty: Dataset) -> float:
    return float(np.mean([_predicted(model, empty.read([index])).mean() for index in empty.splits().val]))


def _found(model: LoadedModel, before: LoadedModel | None, exam: Exam) -> float:
    if before is None:
        return 1.0
    ours, theirs = model.open(exam.background), before.open(exam.background)
    both = found = 0
    for frame in exam.busy:
        mine, old = ours(frame).foreground, theirs(frame).foreground
        assert mine is not None
        assert old is not None
        both += int((mine & old).sum())
        found += int(old.sum())
    return both / found if found else 1.0


def _predicted(model: LoadedModel, batch: Batch) -> NDArray[np.bool_]:
    predicted = model.open(batch.bg[0])(batch.fg_bg[0]).foreground
    assert predicted is not None
    return predicted

"""What tells, without labels, how well a network does on a camera."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from mdf.core.dataset import Dataset
from mdf.core.image import Pixels
from mdf.core.sample import BACKGROUND_DEPTH, Batch
from mdf.core.task import Task
from mdf.inference.results import Prediction
from mdf.inference.session import LoadedModel
from mdf.study.adapt.request import Evidence

Found = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Exam:
    """What networks are judged on; nothing of it was trained on.

    Attributes:
        figures: samples of drawn figures on empty frames, with the depth of the empty scene where it is known.
        empty: the same without figures.
        labelled: labelled samples of the camera.
        background, busy: real frames of the camera, H×W×3 uint8.
        depth: the depth of its empty scene, H×W metres; None = unknown.
    """

    figures: Sequence[Batch]
    empty: Sequence[Batch]
    labelled: Sequence[Batch]
    background: Pixels
    busy: Sequence[Pixels]
    depth: NDArray[np.float32] | None = None


def unseen(dataset: Dataset, test_too: bool = False) -> list[Batch]:
    """The validation samples of a data set one by one, with `test_too` also those for test."""
    splits = dataset.splits()
    return [dataset.read([index]) for index in [*splits.val, *(splits.test if test_too else ())]]


def sit(exam: Exam, model: LoadedModel, before: LoadedModel | None = None) -> Evidence:
    """How well `model` does; `before` is the network that it was adapted from, None for that itself."""
    task = foreground_task(model.tasks)
    assert task is not None
    seen = [_seen(model, sample) for sample in exam.figures]
    figures = [_overlap(*one, task) for one in zip(seen, exam.figures, strict=True)]
    labelled = [_overlap(_seen(model, sample), sample, task) for sample in exam.labelled]
    union = sum(either for _, either in labelled)
    return Evidence(
        figures=float(np.mean([both / either for both, either in figures if either] or [0.0])),
        false=float(np.mean([_foreground(_seen(model, sample)).mean() for sample in exam.empty])),
        found=_found(model, before, exam) if exam.busy else None,
        labelled=sum(both for both, _ in labelled) / union if union else None,
        depth=_depth_error(seen, exam.figures, task, model.network.guided),
    )


def foreground_task(tasks: Mapping[str, Task]) -> str | None:
    """The task that tells what is foreground; None if none does."""
    return next((name for name, task in tasks.items() if type(task).foreground is not Task.foreground), None)


def _overlap(prediction: Prediction, sample: Batch, task: str) -> tuple[int, int]:
    """Valid pixels that are foreground in prediction and truth, and in one of the two."""
    found = torch.from_numpy(_foreground(prediction))
    truth, valid = sample.targets[task][0, 0] > 0, sample.valid[task][0, 0]
    return int((found & truth & valid).sum()), int(((found | truth) & valid).sum())


def _found(model: LoadedModel, before: LoadedModel | None, exam: Exam) -> float:
    """The share of what `before` finds in real frames that `model` finds too."""
    if before is None:
        return 1.0
    ours, theirs = (one.open(exam.background, exam.depth) for one in (model, before))
    both = found = 0
    for frame in exam.busy:
        mine, old = _foreground(ours(frame)), _foreground(theirs(frame))
        both += int((mine & old).sum())
        found += int(old.sum())
    return both / found if found else 1.0


def _depth_error(
    seen: Sequence[Prediction], samples: Sequence[Batch], foreground: str, guided: Sequence[str]
) -> float | None:
    """Root mean square error, on the true foreground, of what follows the depth of the empty scene; None where nothing
    does, or that depth is not known."""
    task = next((name for name in guided if name in samples[0].targets), None)
    if task is None or BACKGROUND_DEPTH not in samples[0].known:
        return None
    squares = [
        (torch.from_numpy(one.values[task]) - sample.targets[task][0, 0])[
            (sample.targets[foreground][0, 0] > 0) & sample.valid[task][0, 0]
        ].square()
        for one, sample in zip(seen, samples, strict=True)
    ]
    pixels = torch.cat(squares)
    return float(pixels.mean().sqrt()) if len(pixels) else None


def _seen(model: LoadedModel, sample: Batch) -> Prediction:
    depth = sample.known.get(BACKGROUND_DEPTH)
    return model.open(sample.bg[0], None if depth is None else depth[0, 0].numpy())(sample.fg_bg[0])


def _foreground(prediction: Prediction) -> Found:
    assert prediction.foreground is not None  # a task tells it: `foreground_task`
    return prediction.foreground

"""What one trial makes of the chosen frames: predicted again by the restored network and drawn; in a worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from mdf.core.config import ExperimentConfig, validate
from mdf.core.dataset import Dataset
from mdf.core.errors import DataError
from mdf.core.progress import OnProgress, Stage
from mdf.core.sample import Batch
from mdf.core.task import Task
from mdf.data.open import open_all
from mdf.engine import runtime as machine
from mdf.engine.evaluation import predictor_of, split_batches
from mdf.engine.prepare.resize import resize
from mdf.engine.scoring import Predict
from mdf.models import assemble
from mdf.models.restore import restore
from mdf.registry import Catalog
from mdf.report.frames.frame import Frame
from mdf.runs.result import load

QUALITY = 85
SCALE_STEPS = 256
TRUTH = "truth"


def draw(
    on_progress: OnProgress, folder: Path, plugins: Sequence[str], frames: Sequence[Frame], out: Path, side: int
) -> dict[str, Any]:
    """Draw `frames`, no side longer than `side` pixels, into `out/<trial id>`, and their truth into `out/truth`.

    Returns the names of the files, the limits of their scales and the units. A method without weights is fitted
    again. Raises DataError where the data are no longer those that were scored.
    """
    stored = load(folder)
    config = validate(stored.config, str(folder))
    catalog = Catalog.discover(plugins)
    dataset = _open(config, catalog, on_progress)
    dataset = assemble.knowing(config, catalog, dataset)
    predict, tasks, device = _method(config, folder, plugins, catalog, dataset)
    test = dataset.splits().test
    made = _Pictures(out, stored.id, side, dataset.tasks)
    for number, frame in enumerate(frames):
        on_progress(Stage("drawing frames", number, len(frames)))
        batch = _read(dataset, test, frame)
        values = predict(resize(batch.without_truth(), config.image_size, {}).to(device))
        made.add(number, batch, values, {name: task for name, task in tasks.items() if name in batch.targets})
    return made.told


def _open(config: ExperimentConfig, catalog: Catalog, on_progress: OnProgress) -> Dataset:
    """The data that the trial was tested on; read whole where a method is fitted on them or bad samples are skipped."""
    whole = config.predictor is not None
    update: dict[str, Any] = {"eval_data": ()} if whole else {"eval_data": (), "extra_train": ()}
    alone = config.model_copy(update=update)
    return open_all(alone, catalog, on_progress if whole or config.skip_bad else None).dataset


def _method(
    config: ExperimentConfig, folder: Path, plugins: Sequence[str], catalog: Catalog, dataset: Dataset
) -> tuple[Predict, Mapping[str, Task], str]:
    if config.predictor is None:
        run = restore(folder, plugins)
        machine.prepare(run.runtime, config.seed)
        return predictor_of(run.model, run.tasks, run.runtime), run.tasks, run.runtime.device
    machine.prepare(machine.resolve(config), config.seed)
    parts = assemble.parts(config, catalog, dataset)
    assert parts.predictor is not None
    parts.predictor.fit(lambda: split_batches(parts, config, "train", config.image_size))
    return parts.predictor.predict, parts.tasks, "cpu"


def _read(dataset: Dataset, test: Sequence[int], frame: Frame) -> Batch:
    batch = dataset.read([test[frame.position]]) if frame.position < len(test) else None
    if batch is None or batch.ids[0] != frame.id:
        raise DataError(
            f"test sample {frame.position} is no longer `{frame.id}`: the data have changed since they were scored",
            "put the data back as they were, or run the study again",
        )
    return batch


class _Pictures:
    """The files that are written, and what is told of them."""

    def __init__(self, out: Path, trial: str, side: int, tasks: Sequence[str]) -> None:
        self.out, self.trial, self.side, self.tasks = out, trial, side, tasks
        self.told: dict[str, Any] = {
            "inputs": {"background": [], "frame": []},
            "truths": {},
            "scales": {},
            "pictures": {},
            "limits": {},
            "units": {},
        }
        for folder in (trial, TRUTH):
            (out / folder).mkdir(parents=True, exist_ok=True)

    def add(self, number: int, batch: Batch, values: Mapping[str, Tensor], tasks: Mapping[str, Task]) -> None:
        """Draw one sample: its images, its truth, and what was predicted of it."""
        for title, image in (("background", batch.bg[0]), ("frame", batch.fg_bg[0])):
            self.told["inputs"][title].append(self._save(TRUTH, f"{title}-{number}", image))
        for name, task in tasks.items():
            place = self.tasks.index(name)
            target, valid = batch.targets[name][0].float(), batch.valid[name][0]
            limits = task.limits(target, valid)
            truth = self._save(TRUTH, f"task-{place}-{number}", task.draw(target, valid, limits))
            self.told["truths"].setdefault(name, []).append(truth)
            if name in values:
                there = torch.ones_like(valid)
                drawn = task.draw(task.resize_values(values[name].float().cpu(), batch.size)[0], there, limits)
                self.told["pictures"].setdefault(name, []).append(self._save(self.trial, f"{place}-{number}", drawn))
                self.told["limits"].setdefault(name, []).append(list(limits))
            self.told["units"][name] = task.unit
            if task.channels == 1:
                self.told["scales"][name] = self._scale(place, task)

    def _scale(self, place: int, task: Task) -> str:
        ramp = torch.linspace(0, 1, SCALE_STEPS).expand(1, 1, SCALE_STEPS)
        return self._save(TRUTH, f"scale-{place}", task.draw(ramp, torch.ones(1, 1, SCALE_STEPS).bool(), (0.0, 1.0)))

    def _save(self, folder: str, name: str, picture: Tensor) -> str:
        """Write 3×H×W uint8 RGB as WebP; numbers name the files, so that no name from data reaches the disk."""
        path = self.out / folder / f"{name}.webp"
        if folder == self.trial or not path.exists():
            image = Image.fromarray(picture.permute(1, 2, 0).contiguous().numpy())
            image.thumbnail((self.side, self.side))
            image.save(path, format="WEBP", quality=QUALITY, method=4)
        return f"{folder}/{path.name}"

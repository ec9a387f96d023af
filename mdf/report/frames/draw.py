"""Draws the chosen frames of one trial: the restored network predicts them again. Runs in a worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

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
from mdf.engine.prepare.steady import steadied
from mdf.engine.scoring import Predict, native_values
from mdf.models import assemble
from mdf.models.restore import restore
from mdf.registry import Catalog
from mdf.report.frames.frame import DrawnTrial, Frame, TrialPictures
from mdf.runs.result import load

QUALITY = 85
SCALE_STEPS = 256
TRUTH = "truth"


def draw(
    on_progress: OnProgress, folder: Path, plugins: Sequence[str], frames: Sequence[Frame], out: Path, side: int
) -> DrawnTrial:
    """Draw what the trial in `folder` predicts for `frames` into `out/<trial id>`, and the truth into `out/truth`.

    No side of a picture is longer than `side` pixels. A predictor has no weights and is fitted again. Raises DataError
    if the data are not the ones that were scored.
    """
    stored = load(folder)
    config = validate(stored.config, str(folder))
    catalog = Catalog.discover(plugins)
    dataset = assemble.knowing(config, catalog, _open(config, catalog, on_progress))
    predict, tasks, device = _restore_method(config, folder, plugins, catalog, dataset)
    test = dataset.splits().test
    drawing = _Drawing(out, stored.id, side, dataset.tasks)
    for number, frame in enumerate(frames):
        on_progress(Stage("drawing frames", number, len(frames)))
        batch = _read(dataset, test, frame)
        seen = steadied(batch) if config.predictor is None else batch  # as it was scored
        values = native_values(lambda images: predict(resize(images, config.image_size, {})), seen, tasks, device)
        drawing.add(number, batch, values, {name: task for name, task in tasks.items() if name in batch.targets})
    return drawing.result()


def _open(config: ExperimentConfig, catalog: Catalog, on_progress: OnProgress) -> Dataset:
    """The data that the trial was tested on, with all training data if a predictor is fitted on them."""
    for_predictor = config.predictor is not None
    unused = {"eval_data": ()} if for_predictor else {"eval_data": (), "extra_train": ()}
    scan = for_predictor or config.skip_bad
    return open_all(config.model_copy(update=unused), catalog, on_progress if scan else None).dataset


def _restore_method(
    config: ExperimentConfig, folder: Path, plugins: Sequence[str], catalog: Catalog, dataset: Dataset
) -> tuple[Predict, Mapping[str, Task], str]:
    """The trained network or the fitted predictor: its function, its tasks, and the device it needs its input on."""
    if config.predictor is None:
        run = restore(folder, plugins).placed()
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
            f"test sample {frame.position} is not `{frame.id}` any more: the data have changed since they were scored",
            "restore the data, or run the study again",
        )
    return batch


class _Drawing:
    """Writes the pictures of one trial and keeps their names."""

    def __init__(self, out: Path, trial: str, side: int, tasks: Sequence[str]) -> None:
        self._out, self._trial, self._side, self._tasks = out, trial, side, tasks
        self._inputs: dict[str, list[str]] = {"background": [], "frame": []}
        self._truths: dict[str, list[str]] = {}
        self._scales: dict[str, str] = {}
        self._files: dict[str, list[str]] = {}
        self._limits: dict[str, list[tuple[float, float]]] = {}
        self._units: dict[str, str] = {}
        for folder in (trial, TRUTH):
            (out / folder).mkdir(parents=True, exist_ok=True)

    def result(self) -> DrawnTrial:
        """The names of all files, the limits of their scales, and the units."""
        pictures = TrialPictures(self._files, self._limits, self._units)
        return DrawnTrial(pictures, self._inputs, self._truths, self._scales)

    def add(self, number: int, batch: Batch, values: Mapping[str, Tensor], tasks: Mapping[str, Task]) -> None:
        """Draw frame `number`, a batch of one: its images, its truth, and the predicted `values` at its size."""
        for title, image in (("background", batch.bg[0]), ("frame", batch.fg_bg[0])):
            self._inputs[title].append(self._save(TRUTH, f"{title}-{number}", image))
        for name, task in tasks.items():
            position = self._tasks.index(name)
            target, valid = batch.targets[name][0].float(), batch.valid[name][0]
            limits = task.limits(target, valid)
            truth = self._save(TRUTH, f"task-{position}-{number}", task.draw(target, valid, limits))
            self._truths.setdefault(name, []).append(truth)
            if name in values:
                picture = task.draw(values[name][0], torch.ones_like(valid), limits)
                self._files.setdefault(name, []).append(self._save(self._trial, f"{position}-{number}", picture))
                self._limits.setdefault(name, []).append((limits[0], limits[1]))
            self._units[name] = task.unit
            if task.channels == 1:
                self._scales[name] = self._save_scale(position, task)

    def _save_scale(self, position: int, task: Task) -> str:
        ramp = torch.linspace(0, 1, SCALE_STEPS).expand(1, 1, SCALE_STEPS)
        everywhere = torch.ones(1, 1, SCALE_STEPS).bool()
        return self._save(TRUTH, f"scale-{position}", task.draw(ramp, everywhere, (0.0, 1.0)))

    def _save(self, folder: str, name: str, picture: Tensor) -> str:
        """Write a 3×H×W uint8 RGB picture as WebP. Names are numbers, so no name from the data reaches the disk."""
        path = self._out / folder / f"{name}.webp"
        if folder == self._trial or not path.exists():
            image = Image.fromarray(picture.permute(1, 2, 0).contiguous().numpy())
            image.thumbnail((self._side, self._side))
            image.save(path, format="WEBP", quality=QUALITY, method=4)
        return f"{folder}/{path.name}"

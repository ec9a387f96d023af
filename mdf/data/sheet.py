"""Pictures of samples and predictions: sheets of equal panels, drawn by the tasks themselves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from mdf.core.dataset import Dataset
from mdf.core.files import whole, write_json
from mdf.core.sample import Batch, Sample
from mdf.core.task import Task
from mdf.data.scan import Unreadable, read_each, unsized
from mdf.engine.flow import Parts
from mdf.engine.loader import read
from mdf.engine.prepare.resize import resize
from mdf.engine.scoring import Predict

SAMPLES = 6
SHEET, LAYOUT = "gallery.png", "gallery.json"


def write(folder: Path, parts: Parts, size: tuple[int, int], predict: Predict, device: str) -> None:
    """Draw a few test samples, evenly spread, with their truth and prediction, into `folder`."""
    test = parts.dataset.splits().test
    chosen = [test[i * len(test) // SAMPLES] for i in range(min(SAMPLES, len(test)))]
    native = parts.dataset.native_size(chosen[0])
    batch = read(parts.dataset, chosen, native, parts.tasks)
    values = predict(resize(batch.without_truth(), size, {}).to(device))
    columns = truth_columns(batch, parts.tasks)
    for name, predicted in values.items():
        if name in parts.tasks:
            task = parts.tasks[name]
            there = torch.ones_like(batch.valid[name])
            resized = task.resize_values(predicted.float(), batch.size).cpu()
            columns[f"{name}: predicted"] = _draw(task, resized, there, batch)
    save(folder / SHEET, columns)
    write_json(folder / LAYOUT, {"columns": list(columns), "ids": list(batch.ids), "size": list(native)})


def truth_columns(batch: Batch, tasks: Mapping[str, Task]) -> dict[str, Tensor]:
    """Panels N×3×H×W uint8 by title: background, frame, and every task's truth."""
    columns = {"background": batch.bg, "frame": batch.fg_bg}
    for name, task in tasks.items():
        columns[f"{name}: true"] = _draw(task, batch.targets[name].float(), batch.valid[name], batch)
    return columns


def save(path: Path, columns: Mapping[str, Tensor]) -> None:
    """A sheet without gaps: one row a sample, one column a title."""
    sheet = torch.cat([torch.cat(list(panels.unbind(0)), dim=1) for panels in columns.values()], dim=2)
    with whole(path) as beside:
        Image.fromarray(sheet.permute(1, 2, 0).numpy()).save(beside, format="PNG")


def some_samples(dataset: Dataset, count: int) -> tuple[list[Sample], list[Unreadable]]:
    """`count` samples of one size, evenly spread over the set, and what could not be read on the way to them."""
    bad = {found.index: found for found in unsized(dataset)}
    sizes = {i: dataset.native_size(i) for i in range(len(dataset)) if i not in bad}
    alike = [i for i, size in sizes.items() if size == next(iter(sizes.values()))]
    chosen = [alike[i * len(alike) // count] for i in range(min(count, len(alike)))]
    read = [sample for _, sample in read_each(dataset, chosen)]
    unreadable = [*bad.values(), *(sample for sample in read if isinstance(sample, Unreadable))]
    return [sample for sample in read if isinstance(sample, Sample)], unreadable


def _draw(task: Task, values: Tensor, valid: Tensor, batch: Batch) -> Tensor:
    """Panels of `values`, each on the scale of its own sample's truth."""
    truth = zip(batch.targets[task.name].float(), batch.valid[task.name], strict=True)
    limits = [task.limits(target, known) for target, known in truth]
    return torch.stack([task.draw(v, ok, ends) for v, ok, ends in zip(values, valid, limits, strict=True)])

"""Draws samples and predictions as sheets of equal panels; each task draws its own values."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from mdf.core.dataset import Dataset
from mdf.core.files import whole
from mdf.core.sample import Batch, Sample
from mdf.core.task import Task
from mdf.data.scan import Unreadable, read_each, unsized


def truth_columns(batch: Batch, tasks: Mapping[str, Task]) -> dict[str, Tensor]:
    """Panels N×3×H×W uint8 by title: background, frame, and every task's truth."""
    columns = {"background": batch.bg, "frame": batch.fg_bg}
    for name, task in tasks.items():
        columns[f"{name}: true"] = drawn(task, batch.targets[name].float(), batch.valid[name], batch)
    return columns


def save(path: Path, columns: Mapping[str, Tensor]) -> None:
    """Write a sheet without gaps as PNG: one row a sample, one column a title; panels N×3×H×W uint8 by title."""
    sheet = torch.cat([torch.cat(list(panels.unbind(0)), dim=1) for panels in columns.values()], dim=2)
    with whole(path) as beside:
        Image.fromarray(sheet.permute(1, 2, 0).numpy()).save(beside, format="PNG")


def some_samples(dataset: Dataset, count: int) -> tuple[list[Sample], list[Unreadable]]:
    """At most `count` samples of one size, evenly spread over the data set; and those met that cannot be read."""
    bad = {sample.index: sample for sample in unsized(dataset)}
    sizes = {i: dataset.native_size(i) for i in range(len(dataset)) if i not in bad}
    alike = [i for i, size in sizes.items() if size == next(iter(sizes.values()))]
    chosen = [alike[i * len(alike) // count] for i in range(min(count, len(alike)))]
    read = [sample for _, sample in read_each(dataset, chosen)]
    unreadable = [*bad.values(), *(sample for sample in read if isinstance(sample, Unreadable))]
    return [sample for sample in read if isinstance(sample, Sample)], unreadable


def drawn(task: Task, values: Tensor, valid: Tensor, batch: Batch) -> Tensor:
    """Panels N×3×H×W uint8 of public `values` N×C×H×W, each on the scale of its own sample's truth."""
    truth = zip(batch.targets[task.name].float(), batch.valid[task.name], strict=True)
    limits = [task.limits(target, known) for target, known in truth]
    return torch.stack([task.draw(v, ok, ends) for v, ok, ends in zip(values, valid, limits, strict=True)])

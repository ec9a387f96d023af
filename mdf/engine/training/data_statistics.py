"""Statistics of the training split, which a network is built around: of the frames, and each task's constants."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from mdf.core.dataset import Dataset
from mdf.core.task import Task
from mdf.engine.loader import ordered
from mdf.engine.prepare import normalise

MEASURED = 1024
"""Training samples, evenly spread, that are measured; fewer if they are large, to fit in memory."""
MEASURED_PIXELS = 64 * 1024 * 1024


def measure_training_data(dataset: Dataset, tasks: Mapping[str, Task]) -> tuple[list[float], list[float]]:
    """Set each task's constants from training targets. Returns mean and deviation (range 0–1, RGB) of the frames."""
    train = dataset.splits().train
    height, width = dataset.native_size(train[0])
    count = min(len(train), MEASURED, max(1, MEASURED_PIXELS // (height * width)))
    chosen = [train[i * len(train) // count] for i in range(count)]
    levels = torch.zeros(3, 256, dtype=torch.int64)
    truths: dict[str, list[tuple[Tensor, Tensor]]] = {name: [] for name in tasks}
    for group in ordered(dataset, chosen, 16):
        batch = dataset.read(group)
        levels += normalise.count_levels(batch.fg_bg)
        for name, pairs in truths.items():
            pair = (batch.targets[name], batch.valid[name])
            pairs.append((pair[0].transpose(0, 1).flatten(1), pair[1].transpose(0, 1).flatten(1)))
    for name, task in tasks.items():
        targets, valid = zip(*truths.pop(name), strict=True)
        task.configure(task.measure(torch.cat(targets, dim=1), torch.cat(valid, dim=1)))
    return normalise.mean_and_std(levels)

"""A trained network that teaches another: what it says of a batch is a second target beside the truth."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import torch

from mdf.core.sample import Batch
from mdf.core.task import Task
from mdf.engine.model import Model
from mdf.engine.objective import Advice


class Teacher:
    """Frozen, and in `eval` mode: it draws no random number and its batch norm learns nothing.

    Attributes:
        model: the network, with the statistics that it normalises by.
        tasks: its tasks by name, with the constants that were measured when it was trained.
        weight: what a loss against its values counts, beside that against the truth.
    """

    def __init__(self, model: Model, tasks: Mapping[str, Task], weight: float) -> None:
        self.model = model.eval().requires_grad_(False)
        self.tasks = tasks
        self.weight = weight

    def __call__(self, batch: Batch, tasks: Collection[str]) -> Advice:
        """What it says of the augmented `batch`, for `tasks`; nothing is kept for a gradient."""
        with torch.no_grad():
            logits = self.model(batch, tasks)
            values = {name: self.tasks[name].public(self.tasks[name].values(x)) for name, x in logits.items()}
        return Advice(values, self.weight)

"""A trained network that teaches another: its predictions are a second target beside the truth."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import torch

from mdf.core.sample import Batch
from mdf.core.task import Task
from mdf.engine.model import Model
from mdf.engine.objective import Advice


class Teacher:
    """A frozen network in `eval` mode: it draws no random numbers, and its batch norm does not learn.

    Attributes:
        model: the network, with the statistics that it normalises by.
        tasks: its tasks by name, with the constants of its own training.
        weight: of the loss against its predictions; the loss against the truth has 1.
    """

    def __init__(self, model: Model, tasks: Mapping[str, Task], weight: float) -> None:
        self.model = model.eval().requires_grad_(False)
        self.tasks = tasks
        self.weight = weight

    def __call__(self, batch: Batch, tasks: Collection[str]) -> Advice:
        """Its predictions for `tasks` on the augmented `batch`, without gradients."""
        with torch.no_grad():
            logits = self.model(batch, tasks)
            values = {name: self.tasks[name].public(self.tasks[name].values(x)) for name, x in logits.items()}
        return Advice(values, self.weight)

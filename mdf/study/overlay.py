"""Predictions drawn: each task by its own rule, and the foreground over its frame."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from mdf.core.task import Task

OPACITY = 0.65
THRESHOLD = 0.5
COLOUR = (255, 96, 0)
"""Of the foreground where no depth gives one."""


class Drawing:
    """Draws the predictions of one camera on fixed scales, those of its empty scene, so that colours keep still.

    Reads
        empty: what the model predicts of the empty scene itself: public values 1×C×H×W by task.
    """

    def __init__(self, tasks: Mapping[str, Task], empty: Mapping[str, Tensor]) -> None:
        self._tasks = tasks
        there = {name: torch.ones_like(values[0, :1], dtype=torch.bool) for name, values in empty.items()}
        self.limits = {name: tasks[name].limits(values[0], there[name]) for name, values in empty.items()}

    def task(self, name: str, values: Tensor) -> Tensor:
        """3×H×W uint8 of public values C×H×W."""
        there = torch.ones_like(values[:1], dtype=torch.bool)
        return self._tasks[name].draw(values, there, self.limits[name])

    def overlay(self, frame: Tensor, values: Mapping[str, Tensor], depth: Tensor | None = None) -> Tensor:
        """`frame` 3×H×W uint8, its foreground (probability from 0.5 on) tinted by how far away it is.

        Without a mask all of it is. `depth` is the drawn depth, where there is one already.
        """
        if depth is None and "depth" in values:
            depth = self.task("depth", values["depth"])
        tint = torch.tensor(COLOUR).view(3, 1, 1) if depth is None else depth
        share = OPACITY * (values["mask"] >= THRESHOLD).float() if "mask" in values else torch.tensor(OPACITY)
        mixed = frame.float() * (1 - share) + tint.float() * share
        return mixed.round().clamp(0, 255).to(torch.uint8)

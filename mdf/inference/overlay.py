"""Predictions drawn: each task by its own rule, and the foreground over its frame."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from mdf.core.task import SPREAD, Task

OPACITY = 0.65
THRESHOLD = 0.5
COLOUR = (255, 96, 0)
"""Of the foreground where no depth gives one."""


class Drawing:
    """Draws the predictions of one camera on fixed scales, those of its empty scene, so that colours keep still.

    Reads
        empty: what the model predicts of the empty scene itself: 1×C×H×W each, of `public_outputs`.
    """

    def __init__(self, tasks: Mapping[str, Task], empty: Mapping[str, Tensor]) -> None:
        self._tasks = {key: tasks[key.removesuffix(SPREAD)] for key in empty}
        there = {key: torch.ones_like(values[0, :1], dtype=torch.bool) for key, values in empty.items()}
        self.limits = {key: task.limits(empty[key][0], there[key]) for key, task in self._tasks.items()}

    def map(self, key: str, values: Tensor) -> Tensor:
        """3×H×W uint8 of C×H×W: a task's public values, or their spread."""
        there = torch.ones_like(values[:1], dtype=torch.bool)
        return self._tasks[key].draw(values, there, self.limits[key])

    def overlay(self, frame: Tensor, values: Mapping[str, Tensor], depth: Tensor | None = None) -> Tensor:
        """`frame` 3×H×W uint8, its foreground (probability from 0.5 on) tinted by how far away it is.

        Without a mask all of it is. `depth` is the drawn depth, where there is one already.
        """
        if depth is None and "depth" in values:
            depth = self.map("depth", values["depth"])
        tint = torch.tensor(COLOUR).view(3, 1, 1) if depth is None else depth
        share = OPACITY * (values["mask"] >= THRESHOLD).float() if "mask" in values else torch.tensor(OPACITY)
        mixed = frame.float() * (1 - share) + tint.float() * share
        return mixed.round().clamp(0, 255).to(torch.uint8)

"""Pictures of predictions: each task's own, and overlays on the frames."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from mdf.core.colour import colourise
from mdf.core.task import SPREAD, Task

OPACITY = 0.65
COLOUR = (255, 96, 0)
"""The foreground's tint where no task has colours to give it."""


class Painter:
    """Draws the predictions of one camera on fixed scales, those of its empty scene, so that colours do not flicker.

    Reads
        empty: what the network predicts of the empty scene itself: 1×C×H×W each, of `public_outputs`.

    Attributes:
        limits: by key of `public_outputs`, the values at the ends of its scale.
    """

    def __init__(self, tasks: Mapping[str, Task], empty: Mapping[str, Tensor]) -> None:
        self._tasks = tasks
        self.limits = {key: self._limits(key, values[0]) for key, values in empty.items()}

    def picture(self, key: str, values: Tensor) -> Tensor:
        """3×H×W uint8 RGB of C×H×W: a task's public values by its own rule, or their spread in colours."""
        if key.endswith(SPREAD):
            return colourise(values.mean(0), self.limits[key])
        return self._tasks[key].draw(values, _everywhere(values), self.limits[key])

    def overlay(self, frame: Tensor, values: Mapping[str, Tensor], pictures: Mapping[str, Tensor]) -> Tensor:
        """`frame` 3×H×W uint8 with its foreground tinted, in the colours of the first task that has no foreground.

        Where no task tells the foreground all of the frame is tinted. `pictures` are those drawn already, by key.
        """
        foreground = {name: task.foreground(values[name]) for name, task in self._tasks.items()}
        colours = next((name for name, where in foreground.items() if where is None), None)
        if colours is None:
            tint = torch.tensor(COLOUR).view(3, 1, 1)
        else:
            tint = pictures[colours] if colours in pictures else self.picture(colours, values[colours])
        there = [where for where in foreground.values() if where is not None]
        share = OPACITY * (torch.stack(there).any(0).float() if there else torch.tensor(1.0))
        mixed = frame.float() * (1 - share) + tint.float() * share
        return mixed.round().clamp(0, 255).to(torch.uint8)

    def _limits(self, key: str, values: Tensor) -> tuple[float, float]:
        if key.endswith(SPREAD):
            return float(values.mean(0).min()), float(values.mean(0).max())
        return self._tasks[key].limits(values, _everywhere(values))


def _everywhere(values: Tensor) -> Tensor:
    """1×H×W bool: every pixel of a prediction is valid."""
    return torch.ones_like(values[:1], dtype=torch.bool)

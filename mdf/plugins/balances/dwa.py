"""Dynamic weight average: weights by how fast each loss has fallen lately."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from pydantic import Field
from torch import Tensor

from mdf.core.balance import Balance
from mdf.core.component import ComponentConfig


class DynamicWeightAverage(Balance):
    """K softmax(r / T) over the K tasks that learn, r = a loss's mean of the last period over that of the one before.

    Liu, Johns & Davison 2019, "End-to-end multi-task learning with attention", arXiv:1803.10704, equation 7. Its
    epochs are periods of `period` steps here, counted by each task for itself; before its second one r is 1.
    """

    class Config(ComponentConfig):
        """How long a period is, how even the weights."""

        period: int = Field(50, ge=1, description="steps whose losses are averaged")
        temperature: float = Field(2.0, gt=0, description="T: the higher, the more even the weights")

    config: Config
    running: Tensor
    count: Tensor
    last: Tensor
    before: Tensor

    def __init__(self, config: Config, tasks: Sequence[str]) -> None:
        super().__init__(config, tasks)
        for name in ("running", "count", "last", "before"):
            self.register_buffer(name, torch.zeros(len(tasks)))

    def weights(self, learning: Sequence[str]) -> Mapping[str, Tensor]:
        """Their mean is 1."""
        places = [self.tasks.index(task) for task in learning]
        last, before = self.last[places], self.before[places]
        fallen = torch.where(before > 0, last / before.where(before > 0, 1.0), 1.0)
        powers = (fallen / self.config.temperature).clamp(max=torch.finfo(fallen.dtype).max)  # a loss left zero: no inf
        weights = len(learning) * torch.softmax(powers, 0)
        return dict(zip(learning, weights.unbind(), strict=True))

    def observe(self, losses: Mapping[str, Tensor]) -> None:
        """Add to the running period of each task; close it where it is full."""
        for task, loss in losses.items():
            place = self.tasks.index(task)
            self.running[place] += loss
            self.count[place] += 1
            if self.count[place] >= self.config.period:
                self.before[place] = self.last[place]
                self.last[place] = self.running[place] / self.count[place]
                self.running[place] = self.count[place] = 0.0

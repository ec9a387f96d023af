"""Dynamic weight average: a task counts more when its loss has fallen more slowly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from pydantic import Field
from torch import Tensor

from mdf.core.balance import Balance
from mdf.core.component import ComponentConfig


class DynamicWeightAverage(Balance):
    """Weights K·softmax(r / T) over the K tasks that learn.

    r is a task's mean loss in the last period, divided by its mean loss in the period before.

    Source: Liu, Johns & Davison 2019, "End-to-end multi-task learning with attention", arXiv:1803.10704, equation 7.
    The paper uses epochs. This class uses periods of `period` steps, and each task counts its own steps. r is 1 until
    a task has finished two periods.
    """

    class Config(ComponentConfig):
        """Length of a period, and how equal the weights are."""

        period: int = Field(50, ge=1, description="steps whose losses are averaged")
        temperature: float = Field(2.0, gt=0, description="T: a higher value makes the weights more equal")

    config: Config
    running_sum: Tensor
    count: Tensor
    last_mean: Tensor
    previous_mean: Tensor

    def __init__(self, config: Config, tasks: Sequence[str]) -> None:
        super().__init__(config, tasks)
        for name in ("running_sum", "count", "last_mean", "previous_mean"):
            self.register_buffer(name, torch.zeros(len(tasks)))

    def weights(self, learning: Sequence[str]) -> Mapping[str, Tensor]:
        """Weights whose mean is 1."""
        rows = [self.tasks.index(task) for task in learning]
        last, previous = (torch.stack([x[row] for row in rows]) for x in (self.last_mean, self.previous_mean))
        ratio = torch.where(previous > 0, last / previous.where(previous > 0, 1.0), 1.0)
        # a previous loss near zero can make the ratio infinite; softmax needs finite input
        scaled = (ratio / self.config.temperature).clamp(max=torch.finfo(ratio.dtype).max)
        weights = len(learning) * torch.softmax(scaled, 0)
        return dict(zip(learning, weights.unbind(), strict=True))

    def observe(self, losses: Mapping[str, Tensor]) -> None:
        """Add the losses to each task's current period, and close the periods that are full."""
        for task, loss in losses.items():
            row = self.tasks.index(task)
            total, count = self.running_sum[row] + loss, self.count[row] + 1
            full = count >= self.config.period  # stays on its device: reading it would make a GPU wait
            self.previous_mean[row] = torch.where(full, self.last_mean[row], self.previous_mean[row])
            self.last_mean[row] = torch.where(full, total / count, self.last_mean[row])
            self.running_sum[row] = torch.where(full, 0.0, total)
            self.count[row] = torch.where(full, 0.0, count)

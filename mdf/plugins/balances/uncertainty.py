"""Task weights learned from each task's uncertainty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from pydantic import Field
from torch import Tensor, nn

from mdf.core.balance import Balance
from mdf.core.component import ComponentConfig


class Uncertainty(Balance):
    """Minimises Σ exp(−s)·L + s/2, with one learned s = log σ² for each task. Noisier tasks count less.

    Source: Kendall, Gal & Cipolla 2018, "Multi-task learning using uncertainty to weigh losses", arXiv:1705.07115,
    equation 10. Like the authors, it learns the logarithm of σ², which is numerically stable. All weights are equal at
    the start.
    """

    class Config(ComponentConfig):
        """Initial value of the learned numbers."""

        start: float = Field(0.0, ge=-10, le=10, description="log σ² of every task before the first step")

    def __init__(self, config: Config, tasks: Sequence[str]) -> None:
        super().__init__(config, tasks)
        self.log_variance = nn.ParameterDict({t: nn.Parameter(torch.tensor(config.start)) for t in tasks})

    def weights(self, learning: Sequence[str]) -> Mapping[str, Tensor]:
        """1/σ² of each task."""
        return {task: torch.exp(-self.log_variance[task]) for task in learning}

    def penalty(self, learning: Sequence[str]) -> Tensor:
        """Σ log σ."""
        return torch.stack([0.5 * self.log_variance[task] for task in learning]).sum()

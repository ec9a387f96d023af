"""The contract of balances: how much each task's loss counts, from step to step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from mdf.core.component import ComponentConfig


class Balance(nn.Module):
    """Weighs the losses of several tasks against each other; as it stands, each counts as its config says.

    Constructed as `Balance(config, tasks)`. What it learns are parameters (one a task, so that a task that does not
    learn keeps its own), what it remembers are buffers: both go into the optimiser's and the checkpoint's keeping.
    """

    class Config(ComponentConfig):
        """No options."""

    def __init__(self, config: ComponentConfig, tasks: Sequence[str]) -> None:
        super().__init__()
        self.config = config
        self.tasks = tuple(tasks)

    def weights(self, learning: Sequence[str]) -> Mapping[str, Tensor]:
        """What the loss of each task in `learning` is multiplied by: float32 scalars, not negative."""
        return {task: torch.ones(()) for task in learning}

    def penalty(self, learning: Sequence[str]) -> Tensor:  # noqa: ARG002
        """A scalar that is added to the weighted losses, so that learned weights do not run away; 0 by default."""
        return torch.zeros(())

    def observe(self, losses: Mapping[str, Tensor]) -> None:
        """Called after each optimiser step with that step's losses (float32 scalars, detached) of the tasks that
        learned in it."""

"""The contract of balances: how much each task's loss counts, from step to step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from mdf.core.component import ComponentConfig


class Balance(nn.Module):
    """Weights the losses of several tasks. This base class weights them all by 1.

    Constructed as `Balance(config, tasks)`. Store learned numbers as parameters, one for each task, so that a task that
    is not learning keeps its value. Store remembered numbers as buffers: a Python number would not change in a step
    that is recorded as a CUDA graph. The optimiser updates the parameters, and checkpoints hold both.
    """

    class Config(ComponentConfig):
        """No options."""

    def __init__(self, config: ComponentConfig, tasks: Sequence[str]) -> None:
        super().__init__()
        self.config = config
        self.tasks = tuple(tasks)

    def weights(self, learning: Sequence[str]) -> Mapping[str, Tensor]:
        """The factor for the loss of each task in `learning`: float32 scalars ≥ 0."""
        return {task: torch.ones(()) for task in learning}

    def penalty(self, learning: Sequence[str]) -> Tensor:  # noqa: ARG002
        """A float32 scalar added to the weighted losses; keeps learned weights from going to 0. 0 by default."""
        return torch.zeros(())

    def observe(self, losses: Mapping[str, Tensor]) -> None:
        """Called after each optimiser step with the losses of the tasks that learned in it (detached float32
        scalars)."""

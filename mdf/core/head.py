"""The contract of heads: the task's own layers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Tensor, nn

from mdf.core.component import ComponentConfig
from mdf.core.task import Task


class Head(nn.Module, ABC):
    """A task's own layers: map → logits.

    Constructed as `Head(config, channels)`, `channels` being those of the decoder's maps.

    Reads
        features: N×`channels`×H×W float.
    Returns
        logits: N×(`Task.channels` + `Task.spread_channels`)×H×W float, unbounded.
    """

    class Config(ComponentConfig):
        """No options."""

    Task: ClassVar[type[Task]]
    """What is predicted; constructed as `Task(config)` with this head's own config."""

    @abstractmethod
    def forward(self, features: Tensor) -> Tensor:
        """The logits."""

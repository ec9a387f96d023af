"""The contract of heads. A head holds the last layers of one task."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Tensor, nn

from mdf.core.component import ComponentConfig
from mdf.core.task import Task


class Head(nn.Module, ABC):
    """The last layers of one task: they turn a decoder's map into logits.

    Constructed as `Head(config, channels)`, with the number of channels of the decoder's maps.

    Reads
        features: N×`channels`×H×W float.
    Returns
        logits: N×(`Task.channels` + `Task.spread_channels`)×H×W float, unbounded.
    """

    class Config(ComponentConfig):
        """No options."""

    Task: ClassVar[type[Task]]
    """The task that it predicts. Constructed as `Task(config)` with this head's config."""

    @abstractmethod
    def forward(self, features: Tensor) -> Tensor:
        """The logits."""

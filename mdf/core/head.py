"""The contract of heads. A head holds the last layers of one task."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, TypeAlias

from torch import Tensor, nn

from mdf.core.component import ComponentConfig
from mdf.core.task import Task

AnyTask: TypeAlias = Task
"""`Task`, where a head's own `Task` hides its name."""


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

    guided: bool = False
    """Whether its prediction follows the depth of the empty scene where that is known: see `follow`."""

    @classmethod
    def is_guided(cls, config: Any) -> bool:  # noqa: ARG003
        """What `guided` will be with these options, of its own `Config`. False by default."""
        return False

    @abstractmethod
    def forward(self, features: Tensor) -> Tensor:
        """The logits."""

    def follow(self, raw: Tensor, depth: Tensor | None, task: AnyTask | None) -> Tensor:  # noqa: ARG002
        """What `forward` gave, at full size, as the task's logits. Only a `guided` head changes anything.

        Reads
            raw: N×K×H×W float32; a guided head may use more channels than its logits have.
            depth: of the empty scene, N×1×H×W in the unit of its task; NaN = unknown. None = all unknown.
            task: its task; None only where no depth is known.
        """
        return raw

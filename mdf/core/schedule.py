"""The contract of schedules: who learns when, and at which size."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from mdf.core.component import ComponentConfig


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of training.

    Attributes:
        steps: optimiser steps that it lasts.
        learning: the tasks whose losses are minimised.
        frozen: tasks whose own layers (decoder branch and head) do not change in any byte.
        size: (height, width) of the training images.
    """

    steps: int
    learning: tuple[str, ...]
    size: tuple[int, int]
    frozen: tuple[str, ...] = ()


class Schedule(ABC):
    """A plan of phases, made before training. Constructed as `Schedule(config)`."""

    class Config(ComponentConfig):
        """No options."""

    def __init__(self, config: ComponentConfig) -> None:
        self.config = config

    @abstractmethod
    def phases(self, steps: int, tasks: Sequence[str], size: tuple[int, int]) -> list[Phase]:
        """Phases whose steps add up to `steps`; the last one's size is `size`."""

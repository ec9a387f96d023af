"""The contract of schedules. A schedule says which tasks learn when, and at which image size."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from mdf.core.component import ComponentConfig


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of the training.

    Attributes:
        steps: number of optimiser steps.
        learning: the tasks whose losses are minimised.
        size: (height, width) of the training images.
        frozen: tasks whose own layers (decoder branch and head) stay unchanged.
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
        """The phases of a training. Their steps add up to `steps`, and the size of the last one is `size`.

        Reads
            steps: total number of optimiser steps.
            tasks: tasks in the order of the heads.
            size: (height, width) of the network's images.
        """

"""What the workers that measure and forecast costs are asked. Torch-free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mdf.core.config import ExperimentConfig

CostPart = Literal["training", "single-step", "inference", "speed"]


@dataclass(frozen=True, slots=True)
class BenchRequest:
    """A resolved config to set up, and the plugins that it needs."""

    config: ExperimentConfig
    plugins: Sequence[str]


@dataclass(frozen=True, slots=True)
class MeasureRequest(BenchRequest):
    """The part of its costs to measure.

    `training`: the memory of a training step; `single-step`: of the first step alone, for networks too expensive to run
    twice; `inference`: the memory of predicting; `speed`: times.
    """

    part: CostPart

"""Decoders with one defect each."""

# ruff: noqa: ARG002 - the contracts name the arguments
from __future__ import annotations

from collections.abc import Collection, Sequence

from planted_anywhere import MainOnly
from torch import Tensor, nn

from mdf.core.component import ComponentConfig
from mdf.core.decoder import Decoder
from mdf.core.features import FeatureSpec


class GoodDecoder(Decoder):
    """A shared convolution of the finest map, then one with batch norm a task."""

    def __init__(self, config: ComponentConfig, features: FeatureSpec, tasks: Sequence[str]) -> None:
        super().__init__()
        self.channels, self.stride = 8, features.strides[0]
        self.shared = nn.Conv2d(features.channels[0], 8, 3, padding=1)
        self.branches = nn.ModuleDict(
            {task: nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8)) for task in tasks}
        )

    def forward(self, maps: Sequence[Tensor], tasks: Collection[str]) -> dict[str, Tensor]:
        common = self.shared(maps[0]).relu()
        return {task: self.branches[task](common) for task in tasks}


class StridelessDecoder(GoodDecoder):
    def __init__(self, config: ComponentConfig, features: FeatureSpec, tasks: Sequence[str]) -> None:
        super().__init__(config, features, tasks)
        del self.stride


class MainOnlyDecoder(MainOnly, GoodDecoder):
    pass


class WrongStrideDecoder(GoodDecoder):
    def __init__(self, config: ComponentConfig, features: FeatureSpec, tasks: Sequence[str]) -> None:
        super().__init__(config, features, tasks)
        self.stride = 2 * features.strides[0]


class SharedBranchDecoder(GoodDecoder):
    def __init__(self, config: ComponentConfig, features: FeatureSpec, tasks: Sequence[str]) -> None:
        super().__init__(config, features, tasks)
        self.branches = nn.ModuleDict(dict.fromkeys(tasks, self.branches[tasks[0]]))


class EagerDecoder(GoodDecoder):
    """Runs every branch and returns what was asked for."""

    def forward(self, maps: Sequence[Tensor], tasks: Collection[str]) -> dict[str, Tensor]:
        found = super().forward(maps, list(self.branches))
        return {task: found[task] for task in tasks}


class StrayLayerDecoder(GoodDecoder):
    """A task's layer that freezing it would not freeze."""

    def __init__(self, config: ComponentConfig, features: FeatureSpec, tasks: Sequence[str]) -> None:
        super().__init__(config, features, tasks)
        self.last = nn.ModuleDict({task: nn.Conv2d(8, 8, 1) for task in tasks})

    def forward(self, maps: Sequence[Tensor], tasks: Collection[str]) -> dict[str, Tensor]:
        return {task: self.last[task](tensor) for task, tensor in super().forward(maps, tasks).items()}


class CoupledDecoder(GoodDecoder):
    def forward(self, maps: Sequence[Tensor], tasks: Collection[str]) -> dict[str, Tensor]:
        return {task: tensor / len(tasks) for task, tensor in super().forward(maps, tasks).items()}

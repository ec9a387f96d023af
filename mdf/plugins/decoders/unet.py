"""The expanding path of U-Net (Ronneberger et al. 2015, arXiv:1505.04597). Each task has its own last stages."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from mdf.core.blocks import DoubleConv, depth_to_space
from mdf.core.component import ComponentConfig
from mdf.core.decoder import Decoder
from mdf.core.features import FeatureSpec
from mdf.core.recompute import remade

MIN_WIDTH = 16
"""Least channels of a stage without a skip connection, which must hold the details itself."""
SHUFFLED_WIDTH = 2
"""Channels after a pixel shuffle. Few are enough, because a channel already belongs to one pixel position."""


class Up(nn.Module):
    """One stage: reduces the channels, upsamples, joins the finer map, applies two convolutions.

    The finer map is concatenated, or added (`add_skip`), which halves the work of the first convolution.
    """

    def __init__(
        self, in_channels: int, skip_channels: int, out_channels: int, ratio: int, add_skip: bool = False
    ) -> None:
        super().__init__()
        self.ratio, self.add_skip = ratio, add_skip
        self.project = nn.Conv2d(in_channels, out_channels, 1)
        self.convs = DoubleConv(out_channels if add_skip else out_channels + skip_channels, out_channels)

    def forward(self, coarse: Tensor, skip: Tensor | None) -> Tensor:
        """Upsamples `coarse` by `ratio` and joins `skip`, which is None at sizes without an encoder map."""
        small = self.project(coarse)  # before upsampling: a fraction of the work, the same result
        maps = (small,) if skip is None else (small, skip)
        output: Tensor = self.convs(remade(self._join(*maps), self._join, *maps))
        return output

    def _join(self, small: Tensor, *skip: Tensor) -> Tensor:
        large = F.interpolate(small, scale_factor=float(self.ratio), mode="nearest") if self.ratio > 1 else small
        return large + skip[0] if self.add_skip else torch.cat([large, *skip], dim=1)


class Shuffle(nn.Module):
    """A stage that upsamples more than twofold by pixel shuffle (Shi et al. 2016, arXiv:1609.05158).

    It convolves at the fine size only if the encoder has a map there. There is no ReLU at the end: with so few
    channels it could set a task's whole map to 0, and the task would stop learning.
    """

    def __init__(self, in_channels: int, skip_channels: int, out_channels: int, ratio: int) -> None:
        super().__init__()
        self.ratio = ratio
        self.spread = nn.Sequential(nn.Conv2d(in_channels, out_channels * ratio**2, 1))  # weights files use this name
        self.convs = DoubleConv(out_channels + skip_channels, out_channels) if skip_channels else None

    def forward(self, coarse: Tensor, skip: Tensor | None) -> Tensor:
        """Upsamples `coarse` by `ratio` and joins `skip`, if there is one."""
        large = remade(self._enlarge(coarse), self._enlarge, coarse)
        if self.convs is None or skip is None:
            return large
        output: Tensor = self.convs(torch.cat([large, skip], dim=1))
        return output

    def _enlarge(self, coarse: Tensor) -> Tensor:
        return depth_to_space(self.spread(coarse), self.ratio)


class UNetDecoder(Decoder):
    """Upsamples from the coarsest map to full size, stage by stage."""

    class Config(ComponentConfig):
        """Width of the stages, and how many of them the tasks share."""

        split: int = Field(1, ge=0, description="number of last stages that each task has for itself")
        max_width: int = Field(128, ge=8, description="upper limit on the channels of a stage")

    def __init__(self, config: Config, features: FeatureSpec, tasks: Sequence[str]) -> None:
        super().__init__()
        self.stride = 1
        stages, self.channels = _plan_stages(features, config.max_width)
        self.no_skip_count = len(stages) - (len(features.strides) - 1)
        self.shared_count = max(len(stages) - config.split, 0)
        self.shared = nn.ModuleList(stage.build() for stage in stages[: self.shared_count])
        self.branches = nn.ModuleDict(
            {task: nn.ModuleList(stage.build() for stage in stages[self.shared_count :]) for task in tasks}
        )

    def forward(self, maps: Sequence[Tensor], tasks: Collection[str]) -> dict[str, Tensor]:
        """The full-size map of each of `tasks`."""
        return dict(self.one_by_one(maps, tasks))

    def one_by_one(self, maps: Sequence[Tensor], tasks: Collection[str]) -> Iterator[tuple[str, Tensor]]:
        """Yields the same maps. Runs each task's branch when its map is requested."""
        coarse, *encoder_maps = reversed(maps)
        skips: list[Tensor | None] = [*encoder_maps, *[None] * self.no_skip_count]
        for stage, skip in zip(self.shared, skips, strict=False):
            coarse = stage(coarse, skip)
        for task in tasks:
            yield task, self._branch(task, coarse, skips[self.shared_count :])

    def _branch(self, task: str, coarse: Tensor, skips: Sequence[Tensor | None]) -> Tensor:
        stages = self.branches[task]
        assert isinstance(stages, nn.ModuleList)
        for stage, skip in zip(stages, skips, strict=False):
            coarse = stage(coarse, skip)
        return coarse


@dataclass(frozen=True, slots=True)
class _Stage:
    """Channels of a stage (`skip_channels`: those of the encoder's map, or 0) and its upsampling ratio."""

    in_channels: int
    skip_channels: int
    out_channels: int
    ratio: int
    add_skip: bool

    def build(self) -> nn.Module:
        if self.ratio > 2:
            return Shuffle(self.in_channels, self.skip_channels, self.out_channels, self.ratio)
        return Up(self.in_channels, self.skip_channels, self.out_channels, self.ratio, self.add_skip)


def _plan_stages(features: FeatureSpec, max_width: int) -> tuple[list[_Stage], int]:
    """All stages, coarsest first, down to stride 1; and the channels of the last map.

    The map before a pixel shuffle must hold all details. So it has at least as many channels as the encoder's map of
    that size, which is added instead of concatenated.
    """
    levels = _levels(features)
    shuffled = ((channels, stride) for (channels, stride), (_, finer) in pairwise(levels) if stride > 2 * finer)
    shuffled_channels, shuffled_stride = next(shuffled, (0, 0))
    stages = []
    width, stride = levels[0]
    for skip, finer in levels[1:]:
        halved = max(width // 2, shuffled_channels if finer > 1 else 1, 1)
        if skip:
            out = min(skip, halved, max_width)
        elif stride > 2 * finer:
            out = SHUFFLED_WIDTH
        else:
            out = min(max(halved, MIN_WIDTH), max_width)
        add_skip = finer == shuffled_stride and skip == out
        stages.append(_Stage(width, skip, out, stride // finer, add_skip))
        width, stride = out, finer
    return stages, width


def _levels(features: FeatureSpec) -> list[tuple[int, int]]:
    """(channels, stride) down to stride 1, coarsest first. Levels without an encoder map have 0 channels."""
    levels = list(zip(features.channels, features.strides, strict=True))[::-1]
    stride = levels[-1][1]
    while stride > 4 and stride % 2 == 0:
        stride //= 2
        levels.append((0, stride))
    if stride > 1:
        levels.append((0, 1))
    return levels

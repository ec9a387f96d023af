"""The expanding path of a UNet (Ronneberger et al. 2015, arXiv:1505.04597), its last stages once for each task."""

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

NARROWEST = 16
"""Channels of a stage that has no skip to take details from."""
SHUFFLED = 2
"""Channels of a map whose pixels were channels before: each holds one place already, so few are enough."""


class Up(nn.Module):
    """One stage: fewer channels, enlarge, join with the finer map, two convolutions.

    The finer map is put beside the other, or `added` to it, which halves the work of the first convolution.
    """

    def __init__(
        self, in_channels: int, skip_channels: int, out_channels: int, ratio: int, added: bool = False
    ) -> None:
        super().__init__()
        self.ratio, self.added = ratio, added
        self.project = nn.Conv2d(in_channels, out_channels, 1)
        self.convs = DoubleConv(out_channels if added else out_channels + skip_channels, out_channels)

    def forward(self, coarse: Tensor, skip: Tensor | None) -> Tensor:
        """`coarse` enlarged `ratio` times and joined with `skip` (None at a size that the encoder has no map of)."""
        small = self.project(coarse)  # before it is large: a fraction of the work, the same result
        maps = (small,) if skip is None else (small, skip)
        joined: Tensor = self.convs(remade(self._join(*maps), self._join, *maps))
        return joined

    def _join(self, small: Tensor, *skip: Tensor) -> Tensor:
        large = F.interpolate(small, scale_factor=float(self.ratio), mode="nearest") if self.ratio > 1 else small
        return large + skip[0] if self.added else torch.cat([large, *skip], dim=1)


class Shuffle(nn.Module):
    """A stage that enlarges more than twofold: channels become pixels (Shi et al. 2016, arXiv:1609.05158).

    At the fine size there is work only where the encoder has a map. No ReLU follows: of so few channels it can silence
    all of a task, which then learns nothing more.
    """

    def __init__(self, in_channels: int, skip_channels: int, out_channels: int, ratio: int) -> None:
        super().__init__()
        self.ratio = ratio
        self.spread = nn.Sequential(nn.Conv2d(in_channels, out_channels * ratio**2, 1))  # so weights files name it
        self.convs = DoubleConv(out_channels + skip_channels, out_channels) if skip_channels else None

    def forward(self, coarse: Tensor, skip: Tensor | None) -> Tensor:
        """`coarse` enlarged `ratio` times and joined with `skip`, where there is one."""
        large = remade(self._enlarge(coarse), self._enlarge, coarse)
        if self.convs is None or skip is None:
            return large
        joined: Tensor = self.convs(torch.cat([large, skip], dim=1))
        return joined

    def _enlarge(self, coarse: Tensor) -> Tensor:
        return depth_to_space(self.spread(coarse), self.ratio)


class UNetDecoder(Decoder):
    """Up from the coarsest map, stage by stage, to full size."""

    class Config(ComponentConfig):
        """How much of the path the tasks share."""

        split: int = Field(1, ge=0, description="last stages that exist once for each task instead of shared")
        max_width: int = Field(128, ge=8, description="most channels that a stage has")

    def __init__(self, config: Config, features: FeatureSpec, tasks: Sequence[str]) -> None:
        super().__init__()
        self.stride = 1
        stages, self.channels = _plan(features, config.max_width)
        self.bare_count = len(stages) - (len(features.strides) - 1)
        self.shared_count = max(len(stages) - config.split, 0)
        self.shared = nn.ModuleList(stage.build() for stage in stages[: self.shared_count])
        self.branches = nn.ModuleDict(
            {task: nn.ModuleList(stage.build() for stage in stages[self.shared_count :]) for task in tasks}
        )

    def forward(self, maps: Sequence[Tensor], tasks: Collection[str]) -> dict[str, Tensor]:
        """A full-size map for each of `tasks`."""
        return dict(self.one_by_one(maps, tasks))

    def one_by_one(self, maps: Sequence[Tensor], tasks: Collection[str]) -> Iterator[tuple[str, Tensor]]:
        """The same, each branch run when its map is asked for."""
        coarse, *skips = reversed(maps)
        ladder: list[Tensor | None] = [*skips, *[None] * self.bare_count]
        for stage, skip in zip(self.shared, ladder, strict=False):
            coarse = stage(coarse, skip)
        for task in tasks:
            yield task, self._branch(task, coarse, ladder[self.shared_count :])

    def _branch(self, task: str, coarse: Tensor, skips: Sequence[Tensor | None]) -> Tensor:
        stages = self.branches[task]
        assert isinstance(stages, nn.ModuleList)
        for stage, skip in zip(stages, skips, strict=False):
            coarse = stage(coarse, skip)
        return coarse


@dataclass(frozen=True, slots=True)
class _Stage:
    """Its channels (`skip`: those of the encoder's map at its size), and how many times larger it gives its map."""

    width: int
    skip: int
    out: int
    ratio: int
    added: bool

    def build(self) -> nn.Module:
        if self.ratio > 2:
            return Shuffle(self.width, self.skip, self.out, self.ratio)
        return Up(self.width, self.skip, self.out, self.ratio, self.added)


def _plan(features: FeatureSpec, max_width: int) -> tuple[list[_Stage], int]:
    """Every stage, coarsest first, down to stride 1; and the channels that the last ends with.

    What is shuffled holds all details: it is not made narrower than the encoder's map there, which is added to it.
    """
    levels = _levels(features)
    jumps = ((channels, stride) for (channels, stride), (_, finer) in pairwise(levels) if stride > 2 * finer)
    jump, start = next(jumps, (0, 0))
    stages = []
    width, stride = levels[0]
    for skip, finer in levels[1:]:
        halved = max(width // 2, jump if finer > 1 else 1, 1)
        if skip:
            out = min(skip, halved, max_width)
        elif stride > 2 * finer:
            out = SHUFFLED
        else:
            out = min(max(halved, NARROWEST), max_width)
        stages.append(_Stage(width, skip, out, stride // finer, added=finer == start and skip == out))
        width, stride = out, finer
    return stages, width


def _levels(features: FeatureSpec) -> list[tuple[int, int]]:
    """(channels, stride) down to stride 1, coarsest first; 0 channels where the encoder has no map."""
    levels = list(zip(features.channels, features.strides, strict=True))[::-1]
    stride = levels[-1][1]
    while stride > 4 and stride % 2 == 0:
        stride //= 2
        levels.append((0, stride))
    if stride > 1:
        levels.append((0, 1))
    return levels

"""The expanding path of a UNet (Ronneberger et al. 2015, arXiv:1505.04597), its last stages once for each task."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from mdf.core.blocks import DoubleConv
from mdf.core.component import ComponentConfig
from mdf.core.decoder import Decoder
from mdf.core.features import FeatureSpec

NARROWEST = 16
"""Channels of a stage that has no skip to take details from."""


class Up(nn.Module):
    """One stage: fewer channels, enlarge, put the finer map beside it, two convolutions."""

    def __init__(self, in_channels: int, skip_channels: int, out_channels: int, ratio: int) -> None:
        super().__init__()
        self.ratio = ratio
        self.project = nn.Conv2d(in_channels, out_channels, 1)
        self.convs = DoubleConv(out_channels + skip_channels, out_channels)

    def forward(self, coarse: Tensor, skip: Tensor | None) -> Tensor:
        """`coarse` enlarged `ratio` times and joined with `skip` (None at a size that the encoder has no map of)."""
        large = self.project(coarse)  # before it is large: a fraction of the work, the same result
        if self.ratio > 1:
            large = F.interpolate(large, scale_factor=float(self.ratio), mode="nearest")
        joined: Tensor = self.convs(large if skip is None else torch.cat([large, skip], dim=1))
        return joined


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
        self.shared_count = max(len(stages) - config.split, 0)
        self.shared = nn.ModuleList(Up(*stage) for stage in stages[: self.shared_count])
        self.branches = nn.ModuleDict(
            {task: nn.ModuleList(Up(*stage) for stage in stages[self.shared_count :]) for task in tasks}
        )

    def forward(self, maps: Sequence[Tensor], tasks: Collection[str]) -> dict[str, Tensor]:
        """A full-size map for each of `tasks`."""
        coarse, *skips = reversed(maps)
        ladder: list[Tensor | None] = [*skips, None]
        for stage, skip in zip(self.shared, ladder, strict=False):
            coarse = stage(coarse, skip)
        return {task: self._branch(task, coarse, ladder[self.shared_count :]) for task in tasks}

    def _branch(self, task: str, coarse: Tensor, skips: Sequence[Tensor | None]) -> Tensor:
        stages = self.branches[task]
        assert isinstance(stages, nn.ModuleList)
        for stage, skip in zip(stages, skips, strict=False):
            coarse = stage(coarse, skip)
        return coarse


def _plan(features: FeatureSpec, max_width: int) -> tuple[list[tuple[int, int, int, int]], int]:
    """(in, skip, out, ratio) of every stage, coarsest first, down to stride 1; and the channels it ends with."""
    levels = list(zip(features.channels, features.strides, strict=True))[::-1]
    if levels[-1][1] > 1:
        levels.append((0, 1))  # no map of full size: the last stage has no skip
    stages = []
    width, stride = levels[0]
    for skip, finer in levels[1:]:
        out = min(skip, max(width // 2, 1), max_width) if skip else max(width // 2, NARROWEST)
        stages.append((width, skip, out, stride // finer))
        width, stride = out, finer
    return stages, width

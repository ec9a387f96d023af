"""A plugin with a network that needs no training: foreground is what differs from the background, and an object's depth
is how red it is. So tests know what is to be found."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from mdf.core.component import ComponentConfig
from mdf.core.decoder import Decoder
from mdf.core.encoder import Encoder
from mdf.core.features import FeatureSpec
from mdf.core.head import Head
from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec
from mdf.core.task import Task
from mdf.plugins.heads.depth import DepthHeadConfig, DepthTask
from mdf.plugins.heads.mask import MaskTask

STEEP, DIFFERENT = 40.0, 0.35
"""Steepness of the decision, and the difference (in standard deviations of training frames) at which it flips."""


@hookimpl
def mdf_encoders() -> list[Spec]:
    return [Spec("difference", f"{__name__}:Difference", "How much the frame differs, and how red it is.")]


@hookimpl
def mdf_decoders() -> list[Spec]:
    return [Spec("as-it-is", f"{__name__}:AsItIs", "The encoder's map.")]


@hookimpl
def mdf_heads() -> list[Spec]:
    usual = {"default_loss": "l1", "default_metrics": ("absrel",)}
    return [
        Spec("differs", f"{__name__}:Differs", "A threshold.", ("mask",), default_loss="bce", default_metrics=("iou",)),
        Spec("redness", f"{__name__}:Redness", "Red is far.", tasks=("depth",), **usual),
    ]


class Difference(Encoder):
    def __init__(self, _config: ComponentConfig, in_channels: int) -> None:
        super().__init__()
        assert in_channels == 6
        self.features = FeatureSpec((2,), (1,), 1)

    def forward(self, images: Tensor) -> list[Tensor]:
        bg, frame = images.split(3, 1)
        return [torch.cat([(frame - bg).abs().amax(1, keepdim=True), frame[:, :1]], 1)]


class AsItIs(Decoder):
    channels, stride = 2, 1

    def __init__(self, _config: ComponentConfig, _features: FeatureSpec, tasks: Sequence[str]) -> None:
        super().__init__()
        self.branches = nn.ModuleDict({task: nn.Identity() for task in tasks})

    def forward(self, maps: Sequence[Tensor], tasks: Collection[str]) -> dict[str, Tensor]:
        return dict.fromkeys(tasks, maps[0])


class Differs(Head):
    Task: ClassVar[type[Task]] = MaskTask

    def __init__(self, _config: ComponentConfig, _channels: int) -> None:
        super().__init__()
        self.zero = nn.Parameter(torch.zeros(1))

    def forward(self, features: Tensor) -> Tensor:
        return STEEP * (features[:, :1] - DIFFERENT) + 0 * self.zero


class Redness(Head):
    Task: ClassVar[type[Task]] = DepthTask

    def __init__(self, _config: ComponentConfig, _channels: int) -> None:
        super().__init__()
        self.zero = nn.Parameter(torch.zeros(1))

    class Config(DepthHeadConfig):
        """No options of its own."""

    def forward(self, features: Tensor) -> Tensor:
        return features[:, 1:] + 0 * self.zero

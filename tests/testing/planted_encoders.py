"""Encoders and fusions with one defect each."""

# ruff: noqa: ARG002 - the contracts name the arguments
from __future__ import annotations

from typing import ClassVar

import torch
from planted_anywhere import MainOnly
from torch import Tensor, nn
from torch.nn import functional as F

from mdf.core.component import ComponentConfig
from mdf.core.encoder import Encoder
from mdf.core.errors import ConfigError
from mdf.core.features import FeatureSpec
from mdf.core.fusion import Fusion


class GoodEncoder(Encoder):
    """Two maps, strides 2 and 4."""

    def __init__(self, config: ComponentConfig, in_channels: int) -> None:
        super().__init__()
        self.features = FeatureSpec((8, 16), (2, 4), 4)
        self.fine = nn.Sequential(nn.Conv2d(in_channels, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.ReLU())
        self.coarse = nn.Conv2d(8, 16, 3, 2, 1)

    def forward(self, images: Tensor) -> list[Tensor]:
        fine = self.fine(images)
        return [fine, self.coarse(fine)]


class OneSizeEncoder(GoodEncoder):
    """Refuses other sizes, naming the one it takes: that is allowed."""

    hint = "use `--size 96`"

    def forward(self, images: Tensor) -> list[Tensor]:
        if images.shape[-2:] != (96, 96):
            raise ConfigError(f"images of {images.shape[-2]}x{images.shape[-1]} cannot be taken", self.hint)
        return super().forward(images)


class FussyEncoder(OneSizeEncoder):
    hint = "find out which"


class NoFeaturesEncoder(GoodEncoder):
    def __init__(self, config: ComponentConfig, in_channels: int) -> None:
        super().__init__(config, in_channels)
        del self.features


class MainOnlyEncoder(MainOnly, GoodEncoder):
    pass


class WrongChannelsEncoder(GoodEncoder):
    def __init__(self, config: ComponentConfig, in_channels: int) -> None:
        super().__init__(config, in_channels)
        self.features = FeatureSpec((8, 24), (2, 4), 4)


class HalfStatisticsEncoder(GoodEncoder):
    pretrained_mean: ClassVar = (0.5, 0.5, 0.5)


class UnusedLayerEncoder(GoodEncoder):
    def __init__(self, config: ComponentConfig, in_channels: int) -> None:
        super().__init__(config, in_channels)
        self.classifier = nn.Linear(16, 10)


class DropoutEncoder(GoodEncoder):
    def forward(self, images: Tensor) -> list[Tensor]:
        return super().forward(F.dropout(images, 0.5))


class CountingEncoder(GoodEncoder):
    def __init__(self, config: ComponentConfig, in_channels: int) -> None:
        super().__init__(config, in_channels)
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, images: Tensor) -> list[Tensor]:
        self.calls += 1
        return super().forward(images)


class BatchMeanEncoder(GoodEncoder):
    def forward(self, images: Tensor) -> list[Tensor]:
        return super().forward(images - images.mean(0, keepdim=True))


class InPlaceEncoder(GoodEncoder):
    def forward(self, images: Tensor) -> list[Tensor]:
        return super().forward(images.mul_(0.5))


class Float32OnlyEncoder(GoodEncoder):
    def forward(self, images: Tensor) -> list[Tensor]:
        fine, coarse = super().forward(images)
        kept = torch.zeros(coarse.shape)
        kept[coarse > 0] = coarse[coarse > 0]
        return [fine, kept]


class UnsavedEncoder(GoodEncoder):
    def __init__(self, config: ComponentConfig, in_channels: int) -> None:
        super().__init__(config, in_channels)
        self.scale = float(torch.rand(()))

    def forward(self, images: Tensor) -> list[Tensor]:
        return [tensor * self.scale for tensor in super().forward(images)]


class GoodFusion(Fusion):
    """The pyramids' difference."""

    encoder_channels: ClassVar[int] = 3

    def __init__(self, config: ComponentConfig, features: FeatureSpec) -> None:
        super().__init__()
        self.features = features

    def background(self, encoder: Encoder, bg: Tensor) -> list[Tensor]:
        return encoder(bg)

    def forward(self, encoder: Encoder, background: list[Tensor], fg_bg: Tensor) -> list[Tensor]:
        return [a - b for a, b in zip(encoder(fg_bg), background, strict=True)]


class NoChannelFusion(GoodFusion):
    encoder_channels: ClassVar[int] = 0


class MainOnlyFusion(MainOnly, GoodFusion):
    pass


class WrongFeaturesFusion(GoodFusion):
    """Concatenates, and says nothing of it."""

    def forward(self, encoder: Encoder, background: list[Tensor], fg_bg: Tensor) -> list[Tensor]:
        return [torch.cat(pair, 1) for pair in zip(encoder(fg_bg), background, strict=True)]


class UsedUpFusion(GoodFusion):
    def forward(self, encoder: Encoder, background: list[Tensor], fg_bg: Tensor) -> list[Tensor]:
        return [b.sub_(a) for a, b in zip(encoder(fg_bg), background, strict=True)]


class BlindFusion(GoodFusion):
    def forward(self, encoder: Encoder, background: list[Tensor], fg_bg: Tensor) -> list[Tensor]:
        return [b + 0 * a for a, b in zip(encoder(fg_bg), background, strict=True)]

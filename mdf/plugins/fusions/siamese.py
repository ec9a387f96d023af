"""Siamese fusions: one encoder sees both images, each alone, and their feature maps meet level by level."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from mdf.core.component import ComponentConfig
from mdf.core.encoder import Encoder
from mdf.core.features import FeatureSpec
from mdf.core.fusion import Fusion


class _Siamese(Fusion):
    """The background's pyramid depends on it alone: for a fixed camera it is computed once."""

    encoder_channels: ClassVar[int] = 3

    def __init__(self, config: ComponentConfig, features: FeatureSpec) -> None:  # noqa: ARG002
        super().__init__()
        self.features = features

    def background(self, encoder: Encoder, bg: Tensor) -> list[Tensor]:
        """Its pyramid."""
        maps: list[Tensor] = encoder(bg)
        return maps


class SiameseDiff(_Siamese):
    """Absolute differences: what is alike in both images vanishes, and so the decoder sees changes alone."""

    def forward(self, encoder: Encoder, background: list[Tensor], fg_bg: Tensor) -> list[Tensor]:
        """|frame − background|, of as many channels as the encoder's maps have."""
        return [(frame - empty).abs() for frame, empty in zip(encoder(fg_bg), background, strict=True)]


class SiameseConcat(_Siamese):
    """Both pyramids side by side, the background's first: the decoder compares them itself."""

    def __init__(self, config: ComponentConfig, features: FeatureSpec) -> None:
        super().__init__(config, features)
        twice = tuple(2 * channels for channels in features.channels)
        self.features = FeatureSpec(twice, features.strides, features.multiple, features.tokens)

    def forward(self, encoder: Encoder, background: list[Tensor], fg_bg: Tensor) -> list[Tensor]:
        """Maps of twice the encoder's channels."""
        return [torch.cat(pair, dim=1) for pair in zip(background, encoder(fg_bg), strict=True)]

"""Siamese fusions: one encoder processes both images separately. Their maps are combined level by level."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from mdf.core.component import ComponentConfig
from mdf.core.encoder import Encoder
from mdf.core.features import FeatureSpec
from mdf.core.fusion import Fusion


class _Siamese(Fusion):
    """Computes the background's pyramid separately, so that a fixed camera needs it only once."""

    encoder_channels: ClassVar[int] = 3

    def __init__(self, config: ComponentConfig, features: FeatureSpec) -> None:  # noqa: ARG002
        super().__init__()
        self.features = features

    def background(self, encoder: Encoder, bg: Tensor) -> list[Tensor]:
        """The background's pyramid."""
        maps: list[Tensor] = encoder(bg)
        return maps


class SiameseDiff(_Siamese):
    """Absolute differences of the features. Whatever is equal in both images becomes 0, so the decoder sees changes."""

    def forward(self, encoder: Encoder, background: list[Tensor], fg_bg: Tensor) -> list[Tensor]:
        """|frame − background|, with the encoder's channels."""
        return [(frame - empty).abs() for frame, empty in zip(encoder(fg_bg), background, strict=True)]


class SiameseConcat(_Siamese):
    """Concatenates both pyramids, the background's first. The decoder learns to compare them."""

    def __init__(self, config: ComponentConfig, features: FeatureSpec) -> None:
        super().__init__(config, features)
        doubled = tuple(2 * channels for channels in features.channels)
        self.features = FeatureSpec(doubled, features.strides, features.multiple, features.tokens)

    def forward(self, encoder: Encoder, background: list[Tensor], fg_bg: Tensor) -> list[Tensor]:
        """Maps with twice the encoder's channels."""
        return [torch.cat(pair, dim=1) for pair in zip(background, encoder(fg_bg), strict=True)]

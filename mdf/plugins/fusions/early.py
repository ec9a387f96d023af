"""Early fusion: the two images are concatenated before the encoder."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from mdf.core.component import ComponentConfig
from mdf.core.encoder import Encoder
from mdf.core.features import FeatureSpec
from mdf.core.fusion import Fusion


class EarlyFusion(Fusion):
    """Concatenates `bg` and `fg_bg` along the channels, for an encoder with six input channels."""

    encoder_channels: ClassVar[int] = 6

    def __init__(self, config: ComponentConfig, features: FeatureSpec) -> None:  # noqa: ARG002
        super().__init__()
        self.features = features

    def background(self, encoder: Encoder, bg: Tensor) -> list[Tensor]:  # noqa: ARG002
        """The background image itself. Nothing can be computed before the frame is known."""
        return [bg]

    def forward(self, encoder: Encoder, background: list[Tensor], fg_bg: Tensor) -> list[Tensor]:
        """The encoder's pyramid for the six channels."""
        maps: list[Tensor] = encoder(torch.cat([background[0], fg_bg], dim=1))
        return maps

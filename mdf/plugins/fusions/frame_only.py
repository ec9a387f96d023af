"""No fusion: only the frame is used. Its scores show how much the background helps the other fusions."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from mdf.core.component import ComponentConfig
from mdf.core.encoder import Encoder
from mdf.core.features import FeatureSpec
from mdf.core.fusion import Fusion


class FrameOnly(Fusion):
    """The monocular ablation: ignores the background. `normalise = "pair"` then uses the frame's own statistics."""

    reads_background: ClassVar[bool] = False
    encoder_channels: ClassVar[int] = 3

    def __init__(self, config: ComponentConfig, features: FeatureSpec) -> None:  # noqa: ARG002
        super().__init__()
        self.features = features

    def background(self, encoder: Encoder, bg: Tensor) -> list[Tensor]:  # noqa: ARG002
        """An empty list."""
        return []

    def forward(self, encoder: Encoder, background: list[Tensor], fg_bg: Tensor) -> list[Tensor]:  # noqa: ARG002
        """The encoder's pyramid for the frame."""
        maps: list[Tensor] = encoder(fg_bg)
        return maps

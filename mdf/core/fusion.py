"""The contract of fusions: how the empty scene and the current frame meet."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Tensor, nn

from mdf.core.component import ComponentConfig
from mdf.core.encoder import Encoder
from mdf.core.features import FeatureSpec


class Fusion(nn.Module, ABC):
    """(`bg`, `fg_bg`) → one feature pyramid, by way of one encoder.

    Constructed as `Fusion(config, features)` with the encoder's `FeatureSpec`, after the encoder was
    built with `encoder_channels` input channels. Splitting `background` off lets a session compute it once a camera.

    Reads
        bg, fg_bg: N×3×H×W float, normalised alike; H and W multiples of the encoder's `multiple`.
    Returns
        maps: the fused pyramid, shaped as `features` declares.
    """

    class Config(ComponentConfig):
        """No options."""

    reads_background: ClassVar[bool] = True
    """Whether it looks at the empty scene; where not, `normalise = "pair"` goes by each frame's own statistics."""

    encoder_channels: ClassVar[int]
    """Input channels the encoder is built with: 6 where the images are concatenated, else 3."""

    features: FeatureSpec
    """The fused pyramid, which the decoder is built for."""

    @abstractmethod
    def background(self, encoder: Encoder, bg: Tensor) -> list[Tensor]:
        """All that can be computed from the empty scene alone, as tensors with N first."""

    @abstractmethod
    def forward(self, encoder: Encoder, background: list[Tensor], fg_bg: Tensor) -> list[Tensor]:
        """The fused pyramid of the frame and what `background` gave."""

"""The contract of fusions. A fusion combines the empty scene and the current frame."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from torch import Tensor, nn

from mdf.core.component import ComponentConfig
from mdf.core.encoder import Encoder
from mdf.core.features import FeatureSpec

GUIDE_CHANNELS = 2
"""Channels that follow the colours of an empty scene whose depth a fusion reads."""


class Fusion(nn.Module, ABC):
    """Turns (`bg`, `fg_bg`) into one feature pyramid, with one encoder.

    Constructed as `Fusion(config, features)` with the encoder's `FeatureSpec`. Before that, the encoder is built with
    `encoder_channels` input channels. `background` is a separate method so that a fixed camera needs it only once.

    Reads
        bg, fg_bg: N×3×H×W float, normalised in the same way; H and W multiples of the encoder's `multiple`. If
            `guided`, `bg` has more channels.
    Returns
        maps: the fused pyramid, with the shapes that `features` declares.
    """

    class Config(ComponentConfig):
        """No options."""

    reads_background: ClassVar[bool] = True
    """Whether it uses the empty scene. If not, `normalise = "pair"` uses each frame's own statistics."""

    encoder_channels: ClassVar[int]
    """Number of input channels of the encoder: 3 for one image, 6 for both, more where the fusion adds some."""

    guided: bool = False
    """Whether it reads the depth of the empty scene too: its encoder then has `GUIDE_CHANNELS` more channels, and its
    `bg` has them after the colours. They are the logarithm of the depth divided by the image's mean depth, and 1 where
    it was measured; both are 0 where nothing is known."""

    @classmethod
    def is_guided(cls, config: Any) -> bool:  # noqa: ARG003
        """What `guided` will be with these options, of its own `Config`. False by default."""
        return False

    features: FeatureSpec
    """The shape of the fused pyramid. The decoder is built for it."""

    @abstractmethod
    def background(self, encoder: Encoder, bg: Tensor) -> list[Tensor]:
        """Everything that depends on the empty scene only, as tensors whose first dimension is N."""

    @abstractmethod
    def forward(self, encoder: Encoder, background: list[Tensor], fg_bg: Tensor) -> list[Tensor]:
        """The fused pyramid, from the frame and the result of `background`."""

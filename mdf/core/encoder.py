"""The contract of encoders. An encoder turns images into a feature pyramid."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from torch import Tensor, nn

from mdf.core.component import ComponentConfig
from mdf.core.features import FeatureSpec


class Encoder(nn.Module, ABC):
    """Turns images into a feature pyramid.

    Constructed as `Encoder(config, in_channels)`, or as `Encoder(config, in_channels, variant)` for a family.

    Reads
        images: N×`in_channels`×H×W float, normalised; H and W multiples of `features.multiple`.
    Returns
        maps: one N×C×H×W float tensor per level, finest first, with the shapes that `features` declares.

    Must not change its input. Must not keep state between calls, except batch-norm statistics. Must not use the
    global random state in `eval` mode.
    """

    class Config(ComponentConfig):
        """No options."""

    features: FeatureSpec
    """The pyramid's shape, known before the encoder runs. The conformance kit compares it with real tensors."""

    size: tuple[int, int] | None = None
    """The only (height, width) that the built encoder accepts; None = every multiple of `features.multiple`."""

    pretrained_mean: tuple[float, float, float] | None = None
    pretrained_std: tuple[float, float, float] | None = None
    """Statistics (range 0–1, RGB) that `normalise = "encoder"` uses; None = no pretrained weights."""

    @classmethod
    def adapt_config(cls, config: Any, variant: str, size: tuple[int, int] | None, output_stride: int | None) -> Any:
        """Called before the encoder is built: returns `config` adapted to the experiment.

        An encoder without matching options returns `config` unchanged. The decoder checks the strides that it gets.

        Reads
            size: (height, width) of the network's images; None = unknown.
            output_stride: the stride that the decoder wants for the coarsest map; None = no wish.
        Raises
            ConfigError: the encoder has such options, but cannot fulfil the wish.
        """
        del variant, size, output_stride
        return config

    @abstractmethod
    def forward(self, images: Tensor) -> list[Tensor]:
        """The feature pyramid of `images`."""

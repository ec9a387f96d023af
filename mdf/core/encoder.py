"""The contract of encoders: images to a feature pyramid."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from torch import Tensor, nn

from mdf.core.component import ComponentConfig
from mdf.core.features import FeatureSpec


class Encoder(nn.Module, ABC):
    """Images → feature pyramid.

    Constructed as `Encoder(config, in_channels)`, for a family `Encoder(config, in_channels, variant)`.

    Reads
        images: N×`in_channels`×H×W float, normalised; H and W multiples of `features.multiple`.
    Returns
        maps: one NCHW float tensor a level, finest first, shaped as `features` declares.

    Must not change its input, keep state between calls (batch-norm statistics apart) or look at the
    global random state in `eval` mode.
    """

    class Config(ComponentConfig):
        """No options."""

    features: FeatureSpec
    """Declared before it runs; the conformance kit compares it with real tensors."""

    size: tuple[int, int] | None = None
    """The one (height, width) of images that it takes, once built; None = every multiple of `features.multiple`."""

    pretrained_mean: tuple[float, float, float] | None = None
    pretrained_std: tuple[float, float, float] | None = None
    """Statistics (range 0–1, RGB) that `normalise = "encoder"` uses; None where there are none."""

    @classmethod
    def fitted(cls, config: Any, variant: str, size: tuple[int, int] | None, output_stride: int | None) -> Any:
        """`config` with what the experiment knows before the encoder is built, written into its options.

        `size` is the (height, width) that the network works at; `output_stride` what the decoder asks the coarsest
        map to keep to; None = nothing. An encoder without such options leaves `config` as it is, and a decoder
        checks what it gets. Raises ConfigError where it has them and cannot do as asked.
        """
        del variant, size, output_stride
        return config

    @abstractmethod
    def forward(self, images: Tensor) -> list[Tensor]:
        """The feature pyramid of `images`."""

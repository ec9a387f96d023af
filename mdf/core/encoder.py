"""The contract of encoders: images to a feature pyramid."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

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

    pretrained_mean: ClassVar[tuple[float, float, float] | None] = None
    pretrained_std: ClassVar[tuple[float, float, float] | None] = None
    """Statistics (range 0–1, RGB) that `normalise = "encoder"` uses; None where there are none."""

    @abstractmethod
    def forward(self, images: Tensor) -> list[Tensor]:
        """The feature pyramid of `images`."""

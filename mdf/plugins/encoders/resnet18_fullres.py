"""timm's ResNet-18 (He et al. 2015, arXiv:1512.03385) with all strides set to 1.

It shows what full-size maps cost: every map has the size of the input, and a training step stores gigabytes.
"""

from __future__ import annotations

import timm
from timm.models import FeatureInfo
from torch import Tensor, nn

from mdf.core.component import ComponentConfig
from mdf.core.encoder import Encoder
from mdf.core.features import FeatureSpec


class ResNet18FullResEncoder(Encoder):
    """The five levels of timm's `resnet18`, all as large as the images, with random weights.

    The stem is a 3×3 convolution, and there is no pooling.
    """

    class Config(ComponentConfig):
        """No options."""

    def __init__(self, config: Config, in_channels: int) -> None:  # noqa: ARG002
        super().__init__()
        body = timm.create_model("resnet18", features_only=True, pretrained=False, in_chans=in_channels)
        info = body.feature_info
        assert isinstance(info, FeatureInfo)
        channels = tuple(info.channels())
        body.add_module("conv1", nn.Conv2d(in_channels, channels[0], 3, padding=1, bias=False))
        body.add_module("maxpool", nn.Identity())
        for module in body.modules():
            if isinstance(module, nn.Conv2d):
                module.stride = (1, 1)
        self.body = body
        self.features = FeatureSpec(channels, (1,) * len(channels), multiple=1)

    def forward(self, images: Tensor) -> list[Tensor]:
        """Five maps as large as the images, with 64, 64, 128, 256 and 512 channels."""
        return list(self.body(images))

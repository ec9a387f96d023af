"""timm's ResNet-18 (He et al. 2015, arXiv:1512.03385), without average pooling and the fully connected layer."""

from __future__ import annotations

import timm
from timm.models import FeatureInfo
from torch import Tensor

from mdf.core.component import ComponentConfig
from mdf.core.encoder import Encoder
from mdf.core.features import FeatureSpec


class ResNet18Encoder(Encoder):
    """The five feature levels of timm's `resnet18`, strides 2 to 32, with random weights."""

    class Config(ComponentConfig):
        """No options. Only the number of input channels differs from the published network."""

    def __init__(self, config: Config, in_channels: int) -> None:  # noqa: ARG002
        super().__init__()
        self.body = timm.create_model("resnet18", features_only=True, pretrained=False, in_chans=in_channels)
        info = self.body.feature_info
        assert isinstance(info, FeatureInfo)
        strides = tuple(info.reduction())
        self.features = FeatureSpec(tuple(info.channels()), strides, multiple=strides[-1])

    def forward(self, images: Tensor) -> list[Tensor]:
        """Five maps, strides 2, 4, 8, 16 and 32."""
        return list(self.body(images))

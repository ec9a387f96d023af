"""The contracting path of a UNet (Ronneberger et al. 2015, arXiv:1505.04597), with batch norm and 'same' padding."""

from __future__ import annotations

from pydantic import Field
from torch import Tensor, nn

from mdf.core.blocks import DoubleConv
from mdf.core.component import ComponentConfig
from mdf.core.encoder import Encoder
from mdf.core.features import FeatureSpec


class UNetEncoder(Encoder):
    """Pairs of 3×3 convolutions, halving the size and doubling the width between levels."""

    class Config(ComponentConfig):
        """Width and depth of the contracting path."""

        width: int = Field(12, ge=1, le=512, description="channels of the full-size level; each level doubles them")
        depth: int = Field(4, ge=1, le=7, description="times that the size is halved")
        max_width: int = Field(256, ge=1, description="most channels that a level has")

    def __init__(self, config: Config, in_channels: int) -> None:
        super().__init__()
        channels = [min(config.width * 2**level, config.max_width) for level in range(config.depth + 1)]
        strides = tuple(2**level for level in range(config.depth + 1))
        self.features = FeatureSpec(tuple(channels), strides, multiple=strides[-1])
        self.levels = nn.ModuleList(
            DoubleConv(before, after) for before, after in zip([in_channels, *channels], channels, strict=False)
        )
        self.shrink = nn.MaxPool2d(2)

    def forward(self, images: Tensor) -> list[Tensor]:
        """One map a level, the full-size one first."""
        maps = [self.levels[0](images)]
        for level in self.levels[1:]:
            maps.append(level(self.shrink(maps[-1])))
        return maps

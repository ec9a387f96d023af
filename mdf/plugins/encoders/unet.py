"""The contracting path of U-Net (Ronneberger et al. 2015, arXiv:1505.04597), with batch norm and 'same' padding."""

from __future__ import annotations

from pydantic import Field
from torch import Tensor, nn

from mdf.core.blocks import DoubleConv
from mdf.core.component import ComponentConfig
from mdf.core.encoder import Encoder
from mdf.core.features import FeatureSpec


class UNetEncoder(Encoder):
    """Pairs of 3×3 convolutions. Each level has half the size and twice the channels of the one before.

    The full-size level 0 is a third wider than this rule says, because it decides how sharp the outlines are. CPUs
    process eight or sixteen channels at once, so 16 channels take little more time than 12.
    """

    class Config(ComponentConfig):
        """Width and depth of the contracting path."""

        width: int = Field(12, ge=1, le=512, description="level n ≥ 1 has width·2ⁿ channels")
        finest: int | None = Field(
            None, ge=1, le=512, description="channels of the full-size level 0; None = width·4/3"
        )
        depth: int = Field(4, ge=1, le=7, description="how many times the size is halved")
        max_width: int = Field(256, ge=1, description="upper limit on the channels of a level")

    def __init__(self, config: Config, in_channels: int) -> None:
        super().__init__()
        finest = config.finest or round(config.width * 4 / 3)
        widths = [finest, *(config.width * 2**level for level in range(1, config.depth + 1))]
        channels = [min(width, config.max_width) for width in widths]
        strides = tuple(2**level for level in range(config.depth + 1))
        self.features = FeatureSpec(tuple(channels), strides, multiple=strides[-1])
        self.levels = nn.ModuleList(
            DoubleConv(before, after) for before, after in zip([in_channels, *channels], channels, strict=False)
        )
        self.shrink = nn.MaxPool2d(2)

    def forward(self, images: Tensor) -> list[Tensor]:
        """One map per level, the full-size map first."""
        maps = [self.levels[0](images)]
        for level in self.levels[1:]:
            maps.append(level(self.shrink(maps[-1])))
        return maps

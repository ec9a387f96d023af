"""The fast encoder: space-to-depth (the inverse of Shi et al. 2016, arXiv:1609.05158), then a small U-Net path."""

from __future__ import annotations

from itertools import pairwise

from pydantic import Field
from torch import Tensor, nn

from mdf.core.blocks import DoubleConv, conv_block, space_to_depth
from mdf.core.component import ComponentConfig
from mdf.core.encoder import Encoder
from mdf.core.features import FeatureSpec

BLOCK = 4
"""Side, in pixels, of the squares that become channels. All convolutions run at a quarter of the image size."""


class S2DEncoder(Encoder):
    """Turns each 4×4 square of pixels into one pixel with `16·in_channels` channels, then convolves.

    No pixel is lost. The full-size images are read only once, and CPUs are fast at wide convolutions at stride 4. An
    object must cover several squares to be found: in frames below about 112×112, small objects are hard to detect.
    """

    class Config(ComponentConfig):
        """Widths of the levels."""

        widths: tuple[int, ...] = Field(
            (32, 48, 80, 128),
            min_length=1,
            max_length=6,
            description="channels of the maps at stride 4, 8, 16, …; multiples of 16 run fastest on CPUs",
        )

    def __init__(self, config: Config, in_channels: int) -> None:
        super().__init__()
        widths = config.widths
        strides = tuple(BLOCK * 2**level for level in range(len(widths)))
        self.features = FeatureSpec(widths, strides, multiple=strides[-1])
        first = DoubleConv(in_channels * BLOCK**2, widths[0], kernel_size=1)
        others = (DoubleConv(before, after) for before, after in pairwise(widths))
        self.levels = nn.ModuleList([first, *others])
        self.shrink = nn.MaxPool2d(2)

    def forward(self, images: Tensor) -> list[Tensor]:
        """One map per level, stride 4 first."""
        maps = [self.levels[0](space_to_depth(images, BLOCK))]
        for level in self.levels[1:]:
            maps.append(level(self.shrink(maps[-1])))
        return maps


class S2DSmallEncoder(S2DEncoder):
    """`s2d` at about half the cost."""

    class Config(S2DEncoder.Config):
        """Narrower levels."""

        widths: tuple[int, ...] = Field(
            (24, 32, 64, 96), min_length=1, max_length=6, description="channels of the maps at stride 4, 8, 16, …"
        )


class S2DDetailEncoder(S2DEncoder):
    """`s2d` with a second, narrow path at full size, which keeps object borders and thin structures."""

    class Config(S2DEncoder.Config):
        """Width of the full-size path."""

        detail: int = Field(8, ge=1, description="channels of the map at stride 1")

    def __init__(self, config: Config, in_channels: int) -> None:
        super().__init__(config, in_channels)
        coarse = self.features
        self.features = FeatureSpec((config.detail, *coarse.channels), (1, *coarse.strides), coarse.multiple)
        self.detail = conv_block(in_channels, config.detail)

    def forward(self, images: Tensor) -> list[Tensor]:
        """The full-size map, then one map per level."""
        return [self.detail(images), *super().forward(images)]

"""The fast encoder: space to depth first (Shi et al. 2016, arXiv:1609.05158, backwards), a small UNet path below."""

from __future__ import annotations

from itertools import pairwise

from pydantic import Field
from torch import Tensor, nn

from mdf.core.blocks import DoubleConv, conv_block, space_to_depth
from mdf.core.component import ComponentConfig
from mdf.core.encoder import Encoder
from mdf.core.features import FeatureSpec

BLOCK = 4
"""Side in pixels of the squares whose pixels become channels: all work is done at a quarter of the size."""


class S2DEncoder(Encoder):
    """Each 4×4 square of pixels becomes one of `16·in_channels` channels; the full-size images are read only once.

    No pixel is lost, and the wide convolutions at stride 4 are the kind that processors are fastest at. A figure
    needs some of these squares: below about 112×112 small ones are hard to see for it.
    """

    class Config(ComponentConfig):
        """Widths of the levels."""

        widths: tuple[int, ...] = Field(
            (32, 48, 80, 128),
            min_length=1,
            max_length=6,
            description="channels of the maps of stride 4, 8, 16, …; multiples of 16 suit processors best",
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
        """One map a level, that of stride 4 first."""
        maps = [self.levels[0](space_to_depth(images, BLOCK))]
        for level in self.levels[1:]:
            maps.append(level(self.shrink(maps[-1])))
        return maps


class S2DSmallEncoder(S2DEncoder):
    """`s2d` at about half its cost."""

    class Config(S2DEncoder.Config):
        """Narrower levels."""

        widths: tuple[int, ...] = Field(
            (24, 32, 64, 96), min_length=1, max_length=6, description="channels of the maps of stride 4, 8, 16, …"
        )


class S2DDetailEncoder(S2DEncoder):
    """`s2d` beside a narrow path at full size, which keeps borders and thin structures."""

    class Config(S2DEncoder.Config):
        """The width of the path at full size."""

        detail: int = Field(8, ge=1, description="channels of the map of stride 1")

    def __init__(self, config: Config, in_channels: int) -> None:
        super().__init__(config, in_channels)
        below = self.features
        self.features = FeatureSpec((config.detail, *below.channels), (1, *below.strides), below.multiple)
        self.detail = conv_block(in_channels, config.detail)

    def forward(self, images: Tensor) -> list[Tensor]:
        """The map of full size, then one a level."""
        return [self.detail(images), *super().forward(images)]

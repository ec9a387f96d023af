"""Four strided convolutions."""

from pydantic import Field
from torch import Tensor, nn

from mdf.core.component import ComponentConfig
from mdf.core.encoder import Encoder
from mdf.core.features import FeatureSpec


class Ladder(Encoder):
    """A convolution at full size, and one for each of three halvings."""

    class Config(ComponentConfig):
        """How wide it is."""

        width: int = Field(8, ge=1, description="channels of the finest map; each coarser one has twice as many")

    def __init__(self, config: Config, in_channels: int) -> None:
        super().__init__()
        channels = [config.width * 2**level for level in range(4)]
        self.features = FeatureSpec(channels=tuple(channels), strides=(1, 2, 4, 8), multiple=8)
        self.rungs = nn.ModuleList(
            nn.Sequential(nn.Conv2d(before, after, 3, stride, padding=1), nn.BatchNorm2d(after), nn.ReLU())
            for before, after, stride in zip([in_channels, *channels], channels, (1, 2, 2, 2), strict=False)
        )

    def forward(self, images: Tensor) -> list[Tensor]:
        """Maps of stride 1, 2, 4 and 8."""
        maps: list[Tensor] = []
        for rung in self.rungs:
            maps.append(rung(maps[-1] if maps else images))
        return maps

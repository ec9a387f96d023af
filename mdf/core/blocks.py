"""The building block that our UNet's contracting and expanding paths share."""

from __future__ import annotations

from torch import Tensor, nn


def conv_block(in_channels: int, out_channels: int) -> nn.Sequential:
    """3×3 convolution, batch norm, ReLU; the size is kept."""
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(inplace=True),
    )


class DoubleConv(nn.Module):
    """Two `conv_block`s in a row, the second added to the first: it learns in fewer steps than the plain pair."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.first = conv_block(in_channels, out_channels)
        self.second = conv_block(out_channels, out_channels)

    def forward(self, maps: Tensor) -> Tensor:
        """N×`in_channels`×H×W → N×`out_channels`×H×W."""
        widened: Tensor = self.first(maps)
        return widened + self.second(widened)  # type: ignore[no-any-return]

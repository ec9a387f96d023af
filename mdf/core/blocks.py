"""The building blocks that contracting and expanding paths share."""

from __future__ import annotations

from functools import partial

from torch import Tensor, nn
from torch.nn import functional as F

from mdf.core.recompute import remade


class ConvBlock(nn.Sequential):
    """Convolution, batch norm, ReLU: of the three maps only the first is kept for the backward pass."""

    def forward(self, maps: Tensor) -> Tensor:
        """One after the other."""
        convolution, norm, relu = self
        raw = convolution(maps)
        found: Tensor = relu(norm(raw))
        if type(norm) is not nn.BatchNorm2d or type(relu) is not nn.ReLU:  # replaced
            return found
        learned = () if norm.training else (norm.running_mean, norm.running_var)
        statistics = [x for x in learned if x is not None]
        return remade(found, partial(_normed, norm.eps), raw, norm.weight, norm.bias, *statistics)


def _normed(eps: float, raw: Tensor, weight: Tensor, bias: Tensor, *statistics: Tensor) -> Tensor:
    """What norm and ReLU make of `raw`, by its own `statistics` or by those given; none are learned."""
    mean, variance = statistics or (None, None)
    return F.relu_(F.batch_norm(raw, mean, variance, weight, bias, not statistics, 0.0, eps))


def conv_block(in_channels: int, out_channels: int, kernel_size: int = 3) -> ConvBlock:
    """Convolution (of odd `kernel_size`), batch norm, ReLU; the size is kept."""
    return ConvBlock(
        nn.Conv2d(in_channels, out_channels, kernel_size, padding=kernel_size // 2, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(inplace=True),
    )


class DoubleConv(nn.Module):
    """Two `conv_block`s in a row, the second added to the first: it learns in fewer steps than the plain pair."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int = 3) -> None:
        """`kernel_size` is that of the first block alone."""
        super().__init__()
        self.first = conv_block(in_channels, out_channels, kernel_size)
        self.second = conv_block(out_channels, out_channels)

    def forward(self, maps: Tensor) -> Tensor:
        """N×`in_channels`×H×W → N×`out_channels`×H×W."""
        widened: Tensor = self.first(maps)
        return widened + self.second(widened)  # type: ignore[no-any-return]


def space_to_depth(maps: Tensor, block: int) -> Tensor:
    """N×C×H×W → N×`block²·C`×(H/block)×(W/block): each square of pixels becomes one pixel's channels.

    Row, column, then channel: whole runs of channels-last memory move, four times faster than in `nn.PixelUnshuffle`.
    """
    count, channels, height, width = maps.shape
    rows, columns = height // block, width // block
    squares = maps.permute(0, 2, 3, 1).reshape(count, rows, block, columns, block, channels).transpose(2, 3)
    return squares.reshape(count, rows, columns, block**2 * channels).permute(0, 3, 1, 2)


def depth_to_space(maps: Tensor, block: int) -> Tensor:
    """N×`block²·C`×H×W → N×C×(block·H)×(block·W): undoes `space_to_depth`."""
    count, channels, rows, columns = maps.shape
    left = channels // block**2
    squares = maps.permute(0, 2, 3, 1).reshape(count, rows, columns, block, block, left).transpose(2, 3)
    return squares.reshape(count, rows * block, columns * block, left).permute(0, 3, 1, 2)

"""Layers that several encoders and decoders use."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mdf.core.recompute import remade


class ConvBlock(nn.Sequential):
    """Convolution, batch norm, ReLU. Only the convolution's output is stored for the backward pass."""

    def forward(self, maps: Tensor) -> Tensor:
        """N×C×H×W → N×C'×H×W."""
        convolution, norm, relu = self
        raw = convolution(maps)
        output: Tensor = relu(norm(raw))
        if type(norm) is not nn.BatchNorm2d or type(relu) is not nn.ReLU:  # somebody replaced them
            return output
        learned = () if norm.training else (norm.running_mean, norm.running_var)
        statistics = [x for x in learned if x is not None]
        return remade(output, partial(_norm_relu, norm.eps), raw, norm.weight, norm.bias, *statistics)


def _norm_relu(eps: float, raw: Tensor, weight: Tensor, bias: Tensor, *statistics: Tensor) -> Tensor:
    """Batch norm and ReLU of `raw`, with the given mean and variance or else its own. Updates no statistics."""
    mean, variance = statistics or (None, None)
    return F.relu_(F.batch_norm(raw, mean, variance, weight, bias, not statistics, 0.0, eps))


def conv_block(in_channels: int, out_channels: int, kernel_size: int = 3) -> ConvBlock:
    """Convolution with an odd `kernel_size`, batch norm, ReLU. Height and width do not change."""
    return ConvBlock(
        nn.Conv2d(in_channels, out_channels, kernel_size, padding=kernel_size // 2, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(inplace=True),
    )


class DoubleConv(nn.Module):
    """Two `conv_block`s with a residual connection around the second. It needs fewer training steps than two plain
    blocks."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int = 3) -> None:
        """`kernel_size` is that of the first block. The second always has 3."""
        super().__init__()
        self.first = conv_block(in_channels, out_channels, kernel_size)
        self.second = conv_block(out_channels, out_channels)

    def forward(self, maps: Tensor) -> Tensor:
        """N×`in_channels`×H×W → N×`out_channels`×H×W."""
        output: Tensor = self.first(maps)
        return output + self.second(output)  # type: ignore[no-any-return]


def space_to_depth(maps: Tensor, block: int) -> Tensor:
    """N×C×H×W → N×`block²·C`×(H/block)×(W/block). The pixels of each square become the channels of one pixel.

    The new channels are ordered by row, column, channel. In channels-last memory this copies long runs, four times
    faster than `nn.PixelUnshuffle`. Exported, it is one transposition: other runtimes choose layouts by themselves.
    """
    count, channels, height, width = maps.shape
    rows, columns = height // block, width // block
    if torch.compiler.is_exporting():
        pixels = maps.reshape(count, channels, rows, block, columns, block).permute(0, 3, 5, 1, 2, 4)
        return pixels.reshape(count, block**2 * channels, rows, columns)
    squares = maps.permute(0, 2, 3, 1).reshape(count, rows, block, columns, block, channels).transpose(2, 3)
    return squares.reshape(count, rows, columns, block**2 * channels).permute(0, 3, 1, 2)


def depth_to_space(maps: Tensor, block: int) -> Tensor:
    """N×`block²·C`×H×W → N×C×(block·H)×(block·W). The inverse of `space_to_depth`."""
    count, in_channels, rows, columns = maps.shape
    channels = in_channels // block**2
    if torch.compiler.is_exporting():
        pixels = maps.reshape(count, block, block, channels, rows, columns).permute(0, 3, 4, 1, 5, 2)
        return pixels.reshape(count, channels, rows * block, columns * block)
    squares = maps.permute(0, 2, 3, 1).reshape(count, rows, columns, block, block, channels).transpose(2, 3)
    return squares.reshape(count, rows * block, columns * block, channels).permute(0, 3, 1, 2)

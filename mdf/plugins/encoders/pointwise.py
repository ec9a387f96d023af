"""Strided 1×1 convolutions, made safe to train.

With fewer than 8 input channels in channels-last layout, oneDNN's weight gradient of such a convolution writes outside
its memory (seen with torch 2.14 on a CPU with AVX-512). The process then crashes or computes wrong numbers. RepVGG,
MobileOne and FastViT read the image with such a layer.
"""

from __future__ import annotations

from typing import TypeVar

from torch import Tensor, nn
from torch.nn import functional as F

SAFE_CHANNELS = 8
"""Number of input channels from which oneDNN's gradient is correct."""

Network = TypeVar("Network", bound=nn.Module)


class SlicedPointwiseConv(nn.Conv2d):
    """Drops the skipped pixels first and then convolves with stride 1. The result is that of the strided layer."""

    def forward(self, maps: Tensor) -> Tensor:
        """N×C×H×W → N×C'×⌈H/stride⌉×⌈W/stride⌉."""
        vertical, horizontal = self.stride
        return F.conv2d(maps[..., ::vertical, ::horizontal], self.weight, self.bias)


def with_safe_pointwise_convs(network: Network) -> Network:
    """Turns every unsafe layer of `network` into a `SlicedPointwiseConv`, in place. Weights and names stay."""
    for module in network.modules():
        if type(module) is nn.Conv2d and _is_unsafe(module):
            module.__class__ = SlicedPointwiseConv  # only `forward` changes
    return network


def _is_unsafe(layer: nn.Conv2d) -> bool:
    plain = layer.kernel_size == (1, 1) and layer.groups == 1 and layer.padding in ((0, 0), "valid")
    return plain and max(layer.stride) > 1 and layer.in_channels < SAFE_CHANNELS

"""1×1 convolutions that skip pixels, made safe to train.

Of fewer than 8 channels that lie channels last, oneDNN's gradient of such a kernel writes beyond its memory (seen with
torch 2.14 on a processor with AVX-512): the process ends, or computes nonsense. RepVGG, MobileOne and FastViT look at
the image itself with one.
"""

from __future__ import annotations

from typing import TypeVar, cast

from torch import Tensor, nn
from torch.nn import functional as F

FEW = 8
"""Channels from which it is right."""

Network = TypeVar("Network", bound=nn.Module)


class Points(nn.Conv2d):
    """The same convolution, of the pixels that it reads alone: nothing is skipped any more."""

    def forward(self, maps: Tensor) -> Tensor:
        """N×C×H×W → N×C'×⌈H/stride⌉×⌈W/stride⌉."""
        down, across = cast("tuple[int, int]", self.stride)
        return F.conv2d(maps[..., ::down, ::across], self.weight, self.bias)


def with_safe_points(network: Network) -> Network:
    """`network`, in which each such convolution is a `Points` with the same weights under the same name."""
    for module in network.modules():
        if type(module) is nn.Conv2d and _is_unsafe(module):
            module.__class__ = Points  # it stays what it is, but for how it runs
    return network


def _is_unsafe(layer: nn.Conv2d) -> bool:
    plain = layer.kernel_size == (1, 1) and layer.groups == 1 and layer.padding in ((0, 0), "valid")
    return plain and max(layer.stride) > 1 and layer.in_channels < FEW

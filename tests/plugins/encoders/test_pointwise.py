"""Strided 1×1 convolutions: the safe version gives the same numbers, and encoders use it."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from mdf.core.encoder import Encoder
from mdf.plugins.encoders.pointwise import SlicedPointwiseConv, with_safe_pointwise_convs
from mdf.plugins.encoders.smp_encoder import SmpEncoder
from mdf.plugins.encoders.timm_encoder import TimmEncoder


@pytest.mark.parametrize("channels", [3, 6])
@pytest.mark.parametrize("size", [(16, 24), (17, 23)])
@pytest.mark.parametrize("bias", [True, False])
def test_it_computes_what_the_convolution_does(channels: int, size: tuple[int, int], bias: bool) -> None:
    plain = nn.Sequential(nn.Conv2d(channels, 5, 1, stride=(2, 3), bias=bias))
    safe = with_safe_pointwise_convs(copy.deepcopy(plain))
    images = torch.rand(2, channels, *size)
    for network in (plain, safe):
        network(images).square().sum().backward()
    assert type(safe[0]) is SlicedPointwiseConv
    torch.testing.assert_close(safe(images), plain(images))
    for mine, other in zip(safe.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, other.grad)


@pytest.mark.parametrize("other", [nn.Conv2d(8, 5, 1, 2), nn.Conv2d(6, 5, 1), nn.Conv2d(6, 5, 3, 2, 1)])
def test_other_convolutions_are_not_changed(other: nn.Conv2d) -> None:
    assert type(with_safe_pointwise_convs(other)) is nn.Conv2d


@pytest.mark.parametrize(
    "encoder", [lambda: SmpEncoder(SmpEncoder.Config(), 6, "mobileone_s0"), lambda: timm("repvgg_a0")]
)
def test_encoders_have_no_unsafe_convolution(encoder) -> None:
    """Training one in channels-last layout ended the process with a segmentation fault."""
    with torch.device("meta"):
        made: Encoder = encoder()
    skipping = [m for m in made.modules() if isinstance(m, nn.Conv2d) and m.in_channels == 6 and m.stride != (1, 1)]
    points = [m for m in skipping if m.kernel_size == (1, 1)]
    assert points
    assert all(type(m) is SlicedPointwiseConv for m in points)


def timm(name: str) -> TimmEncoder:
    return TimmEncoder(TimmEncoder.Config(), 6, name)

"""Arithmetic is counted as publications count it."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
import torchvision
from torch import Tensor, nn

from mdf.study.costs.work import count

PUBLISHED = {
    "resnet18": (torchvision.models.resnet18, torchvision.models.ResNet18_Weights.IMAGENET1K_V1, 224),
    "mobilenet_v3_small": (
        torchvision.models.mobilenet_v3_small,
        torchvision.models.MobileNet_V3_Small_Weights.IMAGENET1K_V1,
        224,
    ),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_networks_take_what_torchvision_publishes_of_them(name: str) -> None:
    """`_ops` of the weights' metadata is in 10⁹ multiply-accumulates: 1.814 of ResNet-18."""
    build, weights, size = PUBLISHED[name]
    with torch.device("meta"):
        network, images = build().eval(), torch.empty(1, 3, size, size)
    assert count(lambda: network(images)) == pytest.approx(weights.meta["_ops"], abs=0.002)


class UNet(nn.Module):
    """U-Net of 64 to 1024 channels with batch norm; its ascent enlarges and convolves 3×3."""

    def __init__(self) -> None:
        super().__init__()
        widths = (3, 64, 128, 256, 512, 1024)
        self.down = nn.ModuleList(pair(a, b) for a, b in pairwise(widths))
        rising = list(pairwise(widths[:0:-1]))
        self.up = nn.ModuleList(block(a, b) for a, b in rising)
        self.join = nn.ModuleList(pair(2 * b, b) for _, b in rising)
        self.last = nn.Conv2d(64, 1, 1)

    def forward(self, images: Tensor) -> Tensor:
        maps = [self.down[0](images)]
        for stage in self.down[1:]:
            maps.append(stage(nn.functional.max_pool2d(maps[-1], 2)))
        coarse = maps.pop()
        for up, join in zip(self.up, self.join, strict=True):
            coarse = join(torch.cat([maps.pop(), up(nn.functional.interpolate(coarse, scale_factor=2))], dim=1))
        return self.last(coarse)


def block(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU())


def pair(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(block(before, after), block(after, after))


def test_a_unet_takes_what_is_reported_of_it() -> None:
    """34.53 M parameters and 65.5·10⁹ multiply-accumulates at 256×256, as comparisons of U-Nets report."""
    with torch.device("meta"):
        network, images = UNet().eval(), torch.empty(1, 3, 256, 256)
    assert sum(p.numel() for p in network.parameters()) / 1e6 == pytest.approx(34.53, abs=0.01)
    assert count(lambda: network(images)) == pytest.approx(65.5, rel=0.01)

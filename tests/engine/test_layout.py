"""Memory layout: what it decides, and that it changes no result but for rounding."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
import torch
from torch import nn

from mdf.engine.layout import LARGE_KERNEL, lay_out
from mdf.engine.runtime import Runtime

CPU = Runtime("cpu", "fp32", channels_last=True, threads=1)
WIDTH = round((LARGE_KERNEL / 9) ** 0.5) + 1


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(6, WIDTH, 3, padding=1), nn.Conv2d(WIDTH, WIDTH, 3, padding=1))


def is_last(layer: nn.Module) -> bool:
    assert isinstance(layer, nn.Conv2d)
    return layer.weight.is_contiguous(memory_format=torch.channels_last)


def test_on_a_cpu_large_kernels_stay_contiguous() -> None:
    small, large = lay_out(network(), CPU)
    assert is_last(small)
    assert not is_last(large)


@pytest.mark.parametrize(
    ("runtime", "last"), [(replace(CPU, device="cuda"), True), (replace(CPU, channels_last=False), False)]
)
def test_elsewhere_all_kernels_lie_alike(runtime: Runtime, last: bool) -> None:
    assert [is_last(layer) for layer in lay_out(network(), runtime)] == [last, last]


def test_the_layout_changes_no_result() -> None:
    plain = network()
    placed = lay_out(copy.deepcopy(plain), CPU)
    images = torch.rand(2, 6, 4, 4)
    for model in (plain, placed):
        model(images.contiguous(memory_format=torch.channels_last)).square().mean().backward()
    torch.testing.assert_close(placed(images), plain(images))
    for mine, other in zip(placed.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, other.grad)


def test_gradients_lie_as_their_kernels_do() -> None:
    """Else the optimiser copies each of them."""
    placed = lay_out(network(), CPU)
    placed(torch.rand(2, 6, 4, 4).contiguous(memory_format=torch.channels_last)).sum().backward()
    for parameter in placed.parameters():
        assert parameter.grad is not None
        assert parameter.grad.stride() == parameter.stride()

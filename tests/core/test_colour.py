"""Colour maps: limits, invalid numbers, shapes."""

from __future__ import annotations

import pytest
import torch
from cmap import Colormap

from mdf.core.colour import colourise


def rgb(name: str, position: float) -> list[int]:
    return [round(c * 255) for c in Colormap(name)(position).rgba[:3]]


@pytest.mark.parametrize("name", ["viridis", "magma"])
def test_the_limits_take_the_first_and_the_last_colour(name: str) -> None:
    picture = colourise(torch.tensor([[2.0, 6.0, 4.0]]), (2.0, 6.0), name)
    assert picture.dtype == torch.uint8
    assert picture.shape == (3, 1, 3)
    assert picture[:, 0, 0].tolist() == rgb(name, 0.0)
    assert picture[:, 0, 1].tolist() == rgb(name, 1.0)
    assert (picture[:, 0, 2].int() - torch.tensor(rgb(name, 0.5))).abs().max() <= 2


def test_values_beyond_the_limits_take_the_colour_at_that_end() -> None:
    values = torch.tensor([[-1e30, 0.0, 1.0, float("inf"), float("-inf")]])
    first, low, high, above, below = colourise(values, (0.0, 1.0)).unbind(2)
    assert torch.equal(first, low)
    assert torch.equal(above, high)
    assert torch.equal(below, low)


def test_nan_is_black_and_equal_limits_are_no_error() -> None:
    picture = colourise(torch.tensor([[[float("nan"), 3.0]]]), (3.0, 3.0))
    assert picture[:, 0, 0].tolist() == [0, 0, 0]
    assert picture[:, 0, 1].tolist() == rgb("viridis", 0.0)


def test_lightness_rises_with_the_value() -> None:
    ramp = colourise(torch.linspace(0, 1, 256)[None], (0.0, 1.0)).double()[:, 0]
    lightness = (torch.tensor([[0.2126, 0.7152, 0.0722]]).double() @ ramp)[0]
    assert (lightness.diff() > -1.0).all()
    assert lightness[-1] > lightness[0] + 100


def test_one_map_at_a_time() -> None:
    with pytest.raises(ValueError, match="one map"):
        colourise(torch.zeros(2, 4, 4), (0.0, 1.0))

"""Colour maps: turns numbers into colours."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

STEPS = 256


def colourise(values: Tensor, limits: tuple[float, float], name: str = "viridis") -> Tensor:
    """A picture of one map.

    Reads
        values: H×W or 1×H×W, any real dtype and unit.
        limits: the values of the first and the last colour. Values beyond a limit get the colour of that limit.
        name: a colour map of the package `cmap`, e.g. `viridis`, `magma`, `turbo_r`.
    Returns
        3×H×W uint8 RGB on the same device. NaN is black. If both limits are equal, all pixels get the first colour.
    Raises
        ValueError: the name is unknown, or `values` has more than one map.
    """
    if values.ndim == 3 and values.shape[0] == 1:
        values = values[0]
    if values.ndim != 2:
        raise ValueError(f"expected one map, H×W or 1×H×W, but got shape {tuple(values.shape)}")
    first, last = limits
    is_number = ~values.isnan()
    fraction = (values.double() - first) / (last - first) if last != first else torch.zeros_like(values).double()
    index = (fraction.where(is_number, 0.0).clamp_(0.0, 1.0) * (STEPS - 1)).round_().int().where(is_number, STEPS)
    # one gather of bytes, because videos of predictions spend most of their time here
    return _table(name).to(values.device).index_select(1, index.flatten()).view(3, *values.shape)


@cache
def _table(name: str) -> Tensor:
    """The map's `STEPS` colours, then black: 3×(`STEPS` + 1) uint8."""
    from cmap import Colormap  # imported here because only pictures need it

    colours = Colormap(name).lut(STEPS)[:, :3]
    table = torch.zeros(3, STEPS + 1, dtype=torch.uint8)
    table[:, :STEPS] = torch.from_numpy((colours * 255.0).round()).T
    return table

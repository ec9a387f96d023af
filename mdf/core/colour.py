"""Perceptual colour maps: numbers to colours whose lightness rises evenly with the value."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

STEPS = 256


def colourise(values: Tensor, limits: tuple[float, float], name: str = "viridis") -> Tensor:
    """A picture of one map.

    Reads
        values: H×W or 1×H×W, any real dtype and unit.
        limits: the values at the first and the last colour; what lies beyond takes the colour at that end.
        name: a colour map known to `cmap`, e.g. `viridis`, `magma`, `turbo_r`.
    Returns
        3×H×W uint8 RGB on the same device; pixels that are NaN are black. Equal limits give the first colour.
    Raises
        ValueError: the name is unknown, or `values` is more than one map.
    """
    if values.ndim == 3 and values.shape[0] == 1:
        values = values[0]
    if values.ndim != 2:
        raise ValueError(f"one map is needed, H×W or 1×H×W: got shape {tuple(values.shape)}")
    first, last = limits
    known = ~values.isnan()
    fraction = (values.double() - first) / (last - first) if last != first else torch.zeros_like(values).double()
    index = (fraction.where(known, 0.0).clamp_(0.0, 1.0) * (STEPS - 1)).round_().int().where(known, STEPS)
    # one gather of bytes straight into the channels: drawing is what videos of predictions wait for
    return _table(name).to(values.device).index_select(1, index.flatten()).view(3, *values.shape)


@cache
def _table(name: str) -> Tensor:
    """`STEPS` colours of the map, then black: 3×(`STEPS` + 1) uint8."""
    from cmap import Colormap  # only pictures need it

    colours = Colormap(name).lut(STEPS)[:, :3]
    table = torch.zeros(3, STEPS + 1, dtype=torch.uint8)
    table[:, :STEPS] = torch.from_numpy((colours * 255.0).round()).T
    return table

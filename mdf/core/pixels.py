"""Each sample's pixels measured alone: what metrics' additive statistics are made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Pixels = NDArray[Any]
"""The pixels of one sample, C·H·W in a row: float32 values, or bool."""

BLOCK = 256


def by_sample(measure: Callable[[Pixels, Pixels, Pixels], Sequence[float] | Pixels], *given: Tensor) -> Tensor:
    """`measure(prediction, target, valid)` of each sample: N×… tensors → N×K float64.

    One sample after the other, so that its pixels stay in the cache and no batch can matter. Not on threads: so short
    calls wait for each other, and two threads take three times as long as one.
    """
    prediction, target, valid = given
    values = [x.detach().float().cpu().flatten(1).numpy() for x in (prediction, target)]
    samples = zip(*values, valid.expand(target.shape).cpu().flatten(1).numpy(), strict=True)
    rows = [measure(*sample) for sample in samples]
    return torch.from_numpy(np.array(rows, dtype=np.float64))


def total(pixels: Pixels, times: Pixels | None = None) -> float:
    """The sum of float32 or float64 pixels, or of their products with `times`, always in the same order.

    float32 is added in blocks of 256 whose sums are added in float64: for values of one sign within 1e-6 of exact.
    """
    blocks, rest = _blocks(pixels)
    factors, last = (np.ones(BLOCK, pixels.dtype),) * 2 if times is None else _blocks(times)
    return float(np.vecdot(blocks, factors).sum(dtype=np.float64) + np.vecdot(rest, last[: len(rest)]))


def _blocks(pixels: Pixels) -> tuple[Pixels, Pixels]:
    whole = len(pixels) - len(pixels) % BLOCK
    return pixels[:whole].reshape(-1, BLOCK), pixels[whole:]

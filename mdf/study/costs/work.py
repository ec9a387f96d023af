"""Counts the arithmetic of a forward pass."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.utils.flop_counter import FlopCounterMode

from mdf.study.costs.bench import Bench, shapes_of

PER_GIGA = 2e9
"""Operations of 10⁹ multiply-accumulates: two each."""


def gmacs(bench: Bench) -> float:
    """10⁹ multiply-accumulates of a forward pass of one pair of images. As usual, those of convolutions and matrix
    products."""
    with shapes_of(bench) as shapes:
        batch, model = shapes.batch.without_truth(), shapes.model().eval()
        pair = batch.select(range(1)).to(bench.runtime.device)
        return count(lambda: model(pair))


def count(forward: Callable[[], object]) -> float:
    """10⁹ multiply-accumulates that `forward()` takes."""
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        forward()
    return float(counter.get_total_flops() / PER_GIGA)

"""Each sample's pixels measured alone: what metrics' additive statistics are made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Pixels = NDArray[Any]
"""The pixels of one sample, C·H·W in a row without gaps: float32 values, or bool."""


def by_sample(measure: Callable[..., Sequence[float] | Pixels], *given: Tensor) -> Tensor:
    """`measure(*values, valid)` of each sample's pixels: N×K float64.

    `given` are the values, N×C×H×W each, and last their validity, N×1×H×W bool. One sample after the other, so that
    its pixels stay in the cache and no batch can matter. Not on threads: so short calls wait for each other, and two
    threads take three times as long as one.
    """
    *values, valid = given
    tensors = [*(x.detach().float() for x in values), valid.expand(values[0].shape)]
    pixels = [x.cpu().flatten(1).contiguous().numpy() for x in tensors]
    rows = [measure(*sample) for sample in zip(*pixels, strict=True)]
    return torch.from_numpy(np.array(rows, dtype=np.float64))

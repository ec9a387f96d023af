"""Measures each sample's pixels separately. Metrics build their additive statistics with this."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Values = NDArray[np.float32]
"""Values of one sample's pixels, as a contiguous array of length C·H·W."""

Flags = NDArray[np.bool_]
"""One flag for each of these pixels, e.g. whether it is valid."""


def by_sample(measure: Callable[..., Sequence[float] | NDArray[np.float64]], *tensors: Tensor) -> Tensor:
    """`measure(*values, valid)` for each sample of a batch: N×K float64.

    Samples are measured one after the other. So a sample's pixels stay in the CPU cache, and the result does not depend
    on the batch. Threads do not help: the calls are so short that two threads took three times as long as one.

    Reads
        measure: reads one `Values` array per tensor and then one `Flags` array, and returns K numbers.
        tensors: the values, N×C×H×W float each, and as the last one their validity, N×1×H×W bool.
    """
    *values, valid = tensors
    converted = [*(x.detach().float() for x in values), valid.expand(values[0].shape)]
    pixels = [x.cpu().flatten(1).contiguous().numpy() for x in converted]
    rows = [measure(*sample) for sample in zip(*pixels, strict=True)]
    return torch.from_numpy(np.array(rows, dtype=np.float64))

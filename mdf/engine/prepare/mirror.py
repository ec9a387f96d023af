"""Mirrors some samples of a tensor left to right, in one pass over its bytes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mdf.core.compiled import compiled

BITS = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}
"""A type that NumPy has, by the bytes of an element: values only change their places, so that any type will do."""


def mirrored(tensor: Tensor, chosen: Sequence[bool]) -> Tensor:
    """A copy of `tensor` (N×…×W of any type), in which the samples of `chosen` (N) are mirrored left to right.

    On the CPU it is one thread's work: several threads would wait for each other longer than the copy takes.
    """
    if type(tensor) is not Tensor or tensor.device.type != "cpu":  # no bytes in plain memory
        return exchanged(tensor, tensor.flip(-1), chosen)
    source = tensor.contiguous()
    copy = torch.empty_like(source)
    bits = BITS[source.element_size()]
    lines = (len(source), -1, source.shape[-1])
    _mirror(source.view(bits).view(*lines).numpy(), copy.view(bits).view(*lines).numpy(), np.array(chosen))
    return copy


def exchanged(tensor: Tensor, changed: Tensor, chosen: Sequence[bool]) -> Tensor:
    """`tensor` (N×…) with the samples of `chosen` (N) taken from `changed`, of the same shape."""
    rows = torch.tensor(chosen, dtype=torch.bool).to(tensor.device, non_blocking=True)
    return torch.where(rows.view(-1, *[1] * (tensor.dim() - 1)), changed, tensor)


@compiled()
def _mirror(source: NDArray[np.int64], copy: NDArray[np.int64], chosen: NDArray[np.bool_]) -> None:
    last = np.uint64(source.shape[2] - 1)  # unsigned: an index that might be negative makes the loop 30 times slower
    for n in range(source.shape[0]):
        for row in range(source.shape[1]):
            before, after = source[n, row], copy[n, row]
            if chosen[n]:
                for x in range(source.shape[2]):
                    after[x] = before[last - np.uint64(x)]
            else:
                for x in range(source.shape[2]):
                    after[x] = before[x]

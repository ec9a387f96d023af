"""Masks grown and shrunk by squares: in plain NumPy, many times faster than general morphology. Torch-free."""

from __future__ import annotations

from typing import Any

import numpy as np

Mask = np.ndarray[Any, np.dtype[np.bool_]]


def grown(mask: Mask, pixels: int = 1) -> Mask:
    """A mask h×w bool with `pixels` more on each side, corners included.

    >>> grown(np.array([[0, 0, 0, 1]], bool)).astype(int).tolist()
    [[0, 0, 1, 1]]
    """
    for _ in range(pixels):
        across = mask.copy()
        across[:, 1:] |= mask[:, :-1]
        across[:, :-1] |= mask[:, 1:]
        along = across.copy()
        along[1:] |= across[:-1]
        along[:-1] |= across[1:]
        mask = along
    return mask


def shrunk(mask: Mask, pixels: int = 1) -> Mask:
    """A mask h×w bool with `pixels` less on each side; beyond the edge counts as inside."""
    return ~grown(~mask, pixels)

"""Decoded pixels as the tensors that samples hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from mdf.core.image import Pixels


def image_tensor(pixels: Pixels) -> Tensor:
    """H×W×3 uint8 → 3×H×W uint8."""
    return torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)))  # NumPy copies it in half the time


def known_tensor(values: np.ndarray[Any, Any], known: np.ndarray[Any, Any]) -> Tensor:
    """H×W float32 and where it is known → 1×H×W float32, NaN elsewhere."""
    return map_tensor(np.where(known, values, np.float32(np.nan)))


def map_tensor(values: np.ndarray[Any, Any]) -> Tensor:
    """H×W of any type → 1×H×W of the same."""
    return torch.from_numpy(np.ascontiguousarray(values))[None]

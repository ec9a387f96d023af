"""Brings maps to the sizes that a pyramid declares."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor
from torch.nn import functional as F

from mdf.core.features import FeatureSpec


def to_strides(maps: Sequence[Tensor], images: Tensor, features: FeatureSpec) -> list[Tensor]:
    """The maps; one whose network lost a border's pixels (no padding) is stretched to its stride's exact size."""
    height, width = images.shape[-2:]
    sizes = [(height // stride, width // stride) for stride in features.strides]
    return [
        tensor
        if tuple(tensor.shape[-2:]) == size
        else F.interpolate(tensor, size=size, mode="bilinear", align_corners=False)
        for tensor, size in zip(maps, sizes, strict=True)
    ]

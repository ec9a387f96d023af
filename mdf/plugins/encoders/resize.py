"""Resizes feature maps to the sizes that a pyramid declares."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor
from torch.nn import functional as F

from mdf.core.features import FeatureSpec


def to_strides(maps: Sequence[Tensor], images: Tensor, features: FeatureSpec) -> list[Tensor]:
    """The maps, each at the exact size of its stride. Maps that are too small (layers without padding) are stretched.

    Reads
        maps: N×C×H×W float each; images: the N×C×H×W images that they were computed from.
    """
    height, width = images.shape[-2:]
    sizes = [(height // stride, width // stride) for stride in features.strides]
    return [
        tensor
        if tuple(tensor.shape[-2:]) == size
        else F.interpolate(tensor, size=size, mode="bilinear", align_corners=False)
        for tensor, size in zip(maps, sizes, strict=True)
    ]

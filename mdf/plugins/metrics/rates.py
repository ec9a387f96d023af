"""The rates that change detection reports beside the F-measure, their counts pooled over all frames.

Source: N. Goyette et al., “changedetection.net: A new change detection benchmark dataset”, CVPR Workshops 2012.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from torch import Tensor

from mdf.plugins.metrics.confusion import PooledRate, ratio


class Recall(PooledRate):
    """TP / (TP + FN): the share of the foreground that is found; 1 where there is none."""

    label: ClassVar[str] = "recall"

    def rate(self, hit: Tensor, alarm: Tensor, miss: Tensor, pixels: Tensor) -> Tensor:  # noqa: ARG002
        """The recall 0–1."""
        return ratio(hit, hit + miss)


class Precision(PooledRate):
    """TP / (TP + FP): the share of what is found that is foreground.

    Where nothing is found it is 1 if there was nothing to find, else 0, so that F is always the harmonic mean.
    """

    label: ClassVar[str] = "precision"

    def rate(self, hit: Tensor, alarm: Tensor, miss: Tensor, pixels: Tensor) -> Tensor:  # noqa: ARG002
        """The precision 0–1."""
        return torch.where((hit + alarm == 0) & (miss > 0), 0.0, ratio(hit, hit + alarm))


class Specificity(PooledRate):
    """TN / (TN + FP): the share of the background that is left alone; 1 where there is none."""

    label: ClassVar[str] = "specificity"

    def rate(self, hit: Tensor, alarm: Tensor, miss: Tensor, pixels: Tensor) -> Tensor:
        """The specificity 0–1."""
        background = pixels - hit - miss
        return ratio(background - alarm, background)


class FalsePositiveRate(PooledRate):
    """FP / (FP + TN): the share of the background that is taken for foreground; 0 where there is none."""

    label: ClassVar[str] = "FPR"
    direction: ClassVar[Literal["higher", "lower"]] = "lower"

    def rate(self, hit: Tensor, alarm: Tensor, miss: Tensor, pixels: Tensor) -> Tensor:
        """The rate 0–1."""
        return alarm / (pixels - hit - miss).clamp(min=1.0)


class FalseNegativeRate(PooledRate):
    """FN / (TP + FN): the share of the foreground that is missed; 0 where there is none."""

    label: ClassVar[str] = "FNR"
    direction: ClassVar[Literal["higher", "lower"]] = "lower"

    def rate(self, hit: Tensor, alarm: Tensor, miss: Tensor, pixels: Tensor) -> Tensor:  # noqa: ARG002
        """The rate 0–1."""
        return miss / (hit + miss).clamp(min=1.0)


class WrongPixels(PooledRate):
    """PWC = 100·(FP + FN) / (TP + FP + FN + TN): the percentage of pixels that are wrong."""

    label: ClassVar[str] = "PWC"
    direction: ClassVar[Literal["higher", "lower"]] = "lower"
    unit: ClassVar[str] = "%"

    def rate(self, hit: Tensor, alarm: Tensor, miss: Tensor, pixels: Tensor) -> Tensor:  # noqa: ARG002
        """The percentage 0–100."""
        return 100.0 * (alarm + miss) / pixels

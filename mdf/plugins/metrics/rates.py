"""The other rates of the change detection benchmark, with counts over all pixels of all frames.

Source: N. Goyette et al., “changedetection.net: A new change detection benchmark dataset”, CVPR Workshops 2012.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from torch import Tensor

from mdf.plugins.metrics.confusion import PooledRate, ratio


class Recall(PooledRate):
    """TP / (TP + FN): the share of the true foreground that is found; 1 without foreground."""

    label: ClassVar[str] = "recall"

    def rate(self, tp: Tensor, fp: Tensor, fn: Tensor, pixels: Tensor) -> Tensor:  # noqa: ARG002
        """The recall 0–1."""
        return ratio(tp, tp + fn)


class Precision(PooledRate):
    """TP / (TP + FP): the share of the predicted foreground that is right.

    Without predicted foreground it is 1 if there was nothing to find, else 0. So the F-measure is always the harmonic
    mean of precision and recall.
    """

    label: ClassVar[str] = "precision"

    def rate(self, tp: Tensor, fp: Tensor, fn: Tensor, pixels: Tensor) -> Tensor:  # noqa: ARG002
        """The precision 0–1."""
        return torch.where((tp + fp == 0) & (fn > 0), 0.0, ratio(tp, tp + fp))


class Specificity(PooledRate):
    """TN / (TN + FP): the share of the true background that is predicted as background; 1 without background."""

    label: ClassVar[str] = "specificity"

    def rate(self, tp: Tensor, fp: Tensor, fn: Tensor, pixels: Tensor) -> Tensor:
        """The specificity 0–1."""
        background = pixels - tp - fn
        return ratio(background - fp, background)


class FalsePositiveRate(PooledRate):
    """FP / (FP + TN): the share of the true background that is predicted as foreground; 0 without background."""

    label: ClassVar[str] = "FPR"
    direction: ClassVar[Literal["higher", "lower"]] = "lower"

    def rate(self, tp: Tensor, fp: Tensor, fn: Tensor, pixels: Tensor) -> Tensor:
        """The rate 0–1."""
        return fp / (pixels - tp - fn).clamp(min=1.0)


class FalseNegativeRate(PooledRate):
    """FN / (TP + FN): the share of the true foreground that is missed; 0 without foreground."""

    label: ClassVar[str] = "FNR"
    direction: ClassVar[Literal["higher", "lower"]] = "lower"

    def rate(self, tp: Tensor, fp: Tensor, fn: Tensor, pixels: Tensor) -> Tensor:  # noqa: ARG002
        """The rate 0–1."""
        return fn / (tp + fn).clamp(min=1.0)


class WrongPixels(PooledRate):
    """PWC = 100·(FP + FN) / (TP + FP + FN + TN): the percentage of wrong pixels."""

    label: ClassVar[str] = "PWC"
    direction: ClassVar[Literal["higher", "lower"]] = "lower"
    unit: ClassVar[str] = "%"

    def rate(self, tp: Tensor, fp: Tensor, fn: Tensor, pixels: Tensor) -> Tensor:  # noqa: ARG002
        """The percentage 0–100."""
        return 100.0 * (fp + fn) / pixels

"""Counts that every mask score is made of: hits, false alarms, misses, and pixels looked at."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor

from mdf.core.component import ComponentConfig
from mdf.core.metric import per_sample


class MaskMetricConfig(ComponentConfig):
    """Options of a metric of masks."""

    threshold: float = Field(0.5, ge=0, le=1, description="Probability from which a pixel is foreground.")


def confusion(prediction: Tensor, target: Tensor, valid: Tensor, threshold: float) -> Tensor:
    """Exact counts of each sample.

    Reads
        prediction: N×1×H×W float32 probability 0–1; foreground where it is at least `threshold`.
        target: N×1×H×W float32, foreground where it is at least 0.5.
        valid: N×1×H×W bool.
    Returns
        N×4 float64: true positives, false positives, false negatives, valid pixels.
    """
    found, true = (prediction >= threshold) & valid, (target >= 0.5) & valid
    counts = (found & true, found & ~true, true & ~found, valid)
    return torch.stack([per_sample(count) for count in counts], dim=-1)


def ratio(part: Tensor, whole: Tensor, measured: Tensor) -> Tensor:
    """part / whole; 1 where the whole is 0 (nothing to find, nothing found), NaN where nothing was measured."""
    score = torch.where(whole > 0, part / whole.clamp(min=1.0), 1.0)
    return score.where(measured > 0, torch.nan)

"""How sure a mask is: a temperature and a threshold, fitted to counts of pixels by their logit.

Temperature: C. Guo et al., “On calibration of modern neural networks”, ICML 2017 (arXiv:1706.04599), section 4.2: the
logits divided by the number that gives the truth the greatest likelihood. It orders pixels as before.
"""

from __future__ import annotations

import torch
from torch import Tensor

BINS, LARGEST = 480, 12.0
"""Logits are counted in so many bins from -`LARGEST` to `LARGEST`; larger ones in the outermost bin."""
COLDEST, HOTTEST = 0.1, 10.0
ROUNDS = 60
"""Steps of the golden section search: more than float64 can tell apart."""
GOLDEN = (5**0.5 - 1) / 2
LEARNED = 0.01
"""How much better than calling everything foreground the best IoU must be."""
LOWEST, HIGHEST = 0.05, 0.95
"""Thresholds are not outside of this, whatever a few validation frames say."""


def logit_counts(values: Tensor, target: Tensor, valid: Tensor) -> Tensor:
    """Each sample's pixels by logit.

    Reads
        values, target: N×1×H×W float32, probability 0–1 and truth (foreground if at least 0.5).
        valid: N×1×H×W bool.
    Returns
        N×2·`BINS` float64: the background's pixels in each bin, then the foreground's.
    """
    width = 2 * LARGEST / BINS
    bins = ((values.double().logit().nan_to_num(0.0, LARGEST, -LARGEST) + LARGEST) / width).long().clamp(0, BINS - 1)
    rows = torch.arange(len(values)).view(-1, 1, 1, 1)
    places = (rows * 2 + (target >= 0.5).long()) * BINS + bins
    counts = torch.bincount(places[valid].flatten(), minlength=len(values) * 2 * BINS)
    return counts.view(len(values), 2 * BINS).double()


def fitted_temperature(background: Tensor, foreground: Tensor) -> float:
    """The temperature that gives the truth the greatest likelihood, between `COLDEST` and `HOTTEST`.

    Reads the pixels in each bin, `BINS` float64 each. The mean loss is convex in 1 / temperature.
    """
    logits = _centres()
    low, high = 1 / HOTTEST, 1 / COLDEST
    for _ in range(ROUNDS):
        left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        if _loss(background, foreground, logits * left) < _loss(background, foreground, logits * right):
            high = right
        else:
            low = left
    return 2 / (low + high)


def best_threshold(background: Tensor, foreground: Tensor, temperature: float) -> float:
    """The probability, at this temperature, from which on calling pixels foreground gives the greatest IoU over all.

    Reads as `fitted_temperature`. Of equally good thresholds the one closest to 0.5; none outside `LOWEST`…`HIGHEST`.
    0.5 of a network that is no better than calling everything foreground: it has learned nothing to cut at.
    """
    edges = torch.linspace(-LARGEST, LARGEST, BINS + 1, dtype=torch.float64)[:-1]
    thresholds = (edges / temperature).sigmoid()
    found, called = (counts.flip(0).cumsum(0).flip(0) for counts in (foreground, background + foreground))
    iou = found / (called + foreground.sum() - found).clamp(min=1.0)
    allowed = (thresholds >= LOWEST) & (thresholds <= HIGHEST)
    best = iou.where(allowed, -1.0)
    if best.max() <= foreground.sum() / (background + foreground).sum() + LEARNED:
        return 0.5
    equal = best >= best.max() - 1e-12
    return float(thresholds[int((thresholds - 0.5).abs().where(equal, torch.inf).argmin())])


def _centres() -> Tensor:
    """The logit in the middle of each bin."""
    width = 2 * LARGEST / BINS
    return torch.linspace(-LARGEST, LARGEST - width, BINS, dtype=torch.float64) + width / 2


def _loss(background: Tensor, foreground: Tensor, logits: Tensor) -> float:
    """The summed cross-entropy of pixels with these logits."""
    softplus = torch.nn.functional.softplus
    return float((background * softplus(logits) + foreground * softplus(-logits)).sum())

"""AdamW with warm-up and a cosine to zero."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import nn

from mdf.core.config import Train

BETAS = (0.9, 0.95)
"""The memory of squared gradients is shorter than AdamW's usual 0.999: our budgets are hundreds of steps."""


def adamw(model: nn.Module, settings: Train, beside: Iterable[nn.Parameter] = ()) -> torch.optim.AdamW:
    """AdamW (Loshchilov & Hutter 2019, arXiv:1711.05101) for `model` and for the parameters `beside` it.

    Norms, biases and single numbers have no weight decay.
    """
    parameters = [p for p in (*model.parameters(), *beside) if p.requires_grad]
    groups = [
        {"params": [p for p in parameters if p.dim() > 1], "weight_decay": settings.weight_decay},
        {"params": [p for p in parameters if p.dim() <= 1], "weight_decay": 0.0},
    ]
    fused = all(p.device.type in ("cpu", "cuda") for p in parameters)
    return torch.optim.AdamW(groups, lr=settings.lr, betas=BETAS, fused=fused)


def rate(step: int, steps: int, warmup: float) -> float:
    """The share of the peak learning rate at `step` (from 0) of `steps`: a linear rise, then half a cosine."""
    rising = max(1, round(warmup * steps))
    if step < rising:
        return (step + 1) / rising
    return 0.5 * (1 + math.cos(math.pi * (step - rising) / max(1, steps - rising)))

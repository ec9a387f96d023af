"""AdamW with warm-up and a cosine to zero."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from mdf.core.config import Train

BETAS = (0.9, 0.95)
"""The memory of squared gradients is shorter than AdamW's usual 0.999: our budgets are hundreds of steps."""


def adamw(model: nn.Module, settings: Train, beside: Iterable[nn.Parameter] = ()) -> torch.optim.AdamW:
    """AdamW (Loshchilov & Hutter 2019, arXiv:1711.05101) for `model` and for the parameters `beside` it.

    Norms, biases and single numbers have no weight decay. With `settings.graphs` the learning rate is a tensor on the
    device, so that a recorded step reads the current rate: see `set_rate`.
    """
    parameters = [p for p in (*model.parameters(), *beside) if p.requires_grad]
    groups = [
        {"params": [p for p in parameters if p.dim() > 1], "weight_decay": settings.weight_decay},
        {"params": [p for p in parameters if p.dim() <= 1], "weight_decay": 0.0},
    ]
    device = parameters[0].device
    fused = all(p.device.type in ("cpu", "cuda") for p in parameters)
    lr = torch.tensor(settings.lr, device=device) if settings.graphs else settings.lr
    capturable = settings.graphs and device.type == "cuda"
    return torch.optim.AdamW(groups, lr=lr, betas=BETAS, fused=fused, capturable=capturable)


def set_rate(optimiser: torch.optim.Optimizer, value: float) -> None:
    """Make `value` the learning rate; a tensor stays the same tensor."""
    for group in optimiser.param_groups:
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(value)
        else:
            group["lr"] = value


def rate(step: int, steps: int, warmup: float) -> float:
    """The share of the peak learning rate at `step` (from 0) of `steps`: a linear rise, then half a cosine."""
    rising = max(1, round(warmup * steps))
    if step < rising:
        return (step + 1) / rising
    return 0.5 * (1 + math.cos(math.pi * (step - rising) / max(1, steps - rising)))

"""Group norms in place of batch norms: they do not depend on how a batch is shared out."""

from __future__ import annotations

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

MOST_GROUPS, FEWEST_CHANNELS = 32, 4
"""Of each norm (Wu & He 2018, arXiv:1803.08494): 32 groups, unless one would have fewer than 4 channels."""


def use_group_norms(network: nn.Module) -> None:
    """Replace every batch norm of `network`. Scales and offsets are kept, and so is what timm puts into its own norms
    (dropout, activation)."""
    for parent in list(network.modules()):
        for name, layer in list(parent.named_children()):
            if isinstance(layer, _BatchNorm):
                setattr(parent, name, _group_norm(layer))


def _group_norm(norm: _BatchNorm) -> nn.Module:
    channels = norm.num_features
    fitting = (n for n in range(MOST_GROUPS, 0, -1) if channels % n == 0 and channels // n >= FEWEST_CHANNELS)
    made = nn.GroupNorm(next(fitting, 1), channels, eps=norm.eps, affine=norm.affine)
    if norm.affine:
        made.weight, made.bias = norm.weight, norm.bias
    after = [layer for name, layer in norm.named_children() if name in ("drop", "act")]
    return nn.Sequential(made, *after) if after else made

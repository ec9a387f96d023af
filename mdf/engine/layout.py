"""Where a network's kernels and maps lie in memory: decided by the device and the network, never by timing."""

from __future__ import annotations

from typing import TypeVar

import torch
from torch import Tensor, nn

from mdf.engine.runtime import Runtime

LARGE_KERNEL = 2**18
"""Numbers in a kernel from which it stays contiguous on a CPU; of ResNet-18's, those of 256×128×3×3 and more.

oneDNN gives the gradient of a channels-last kernel contiguous, and in a step it is copied across strides three times,
the last time by the optimiser: two thirds of the time that 512×512×3×3 takes on 2×2 maps.
"""

Network = TypeVar("Network", bound=nn.Module)


def place(model: Network, runtime: Runtime) -> Network:
    """`model` on its device, in its memory layout."""
    return lay_out(model.to(device=runtime.device), runtime)


def lay_out(model: Network, runtime: Runtime) -> Network:
    """`model` in channels-last layout if `runtime` says so. On a CPU large kernels, and the maps that they read, stay
    contiguous."""
    if not runtime.channels_last:
        return model
    model.to(memory_format=torch.channels_last)
    if runtime.device == "cpu":
        for layer in model.modules():
            if isinstance(layer, nn.Conv2d) and _is_large(layer):
                layer.weight.data = layer.weight.data.contiguous()
                layer.register_forward_pre_hook(_contiguous)
    return model


def _is_large(layer: nn.Conv2d) -> bool:
    """Whether its kernel is large. (A 1×1 kernel is the same in both layouts.)"""
    return layer.weight.numel() >= LARGE_KERNEL and layer.kernel_size != (1, 1)


def _contiguous(layer: nn.Module, maps: tuple[Tensor, ...]) -> tuple[Tensor, ...]:  # noqa: ARG001
    """The maps in contiguous layout: oneDNN works channels last if either maps or kernel are."""
    return tuple(x.contiguous() for x in maps)

"""The memory and the work of a training step, found by going through it with tensors that have shapes and no bytes."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from mdf.study.costs.bench import Bench, shapes_of

ITEM = torch.ops.aten._local_scalar_dense.default
CONV, CONV_BACKWARD = torch.ops.aten.convolution.default, torch.ops.aten.convolution_backward.default


class LiveBytes(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the bytes of all tensors that operations make, for as long as they live: `now`, `peak` at most,
    and `after_forward`, when the first backward operation begins."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.now = 0
        self.peak = 0
        self.after_forward = 0
        self.known: set[int] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is ITEM:
            return 1.0  # whatever asks for a value, such as whether a loss is finite, is told that all is well
        if not self.after_forward and "backward" in func.name():
            self.after_forward = self.now
        found = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(found):
            if isinstance(leaf, Tensor):
                self._hold(leaf)
        self.peak = max(self.peak, self.now + _workspace(func, args))
        return found

    def _hold(self, tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        key, size = storage._cdata, storage.nbytes()
        if key not in self.known:
            self.known.add(key)
            self.now += size
            weakref.finalize(storage, self._let_go, key, size)

    def _let_go(self, key: int, size: int) -> None:
        self.known.discard(key)
        self.now -= size


def _workspace(func: Any, args: Any) -> int:
    """What an operation takes besides its results: a convolution copies its weights into its own layout, its
    backward pass those and their gradient (measured of oneDNN, channels last: `benchmarks/memory.py --operations`)."""
    if func is CONV:
        return _bytes(args[1])
    return 2 * _bytes(args[2]) if func is CONV_BACKWARD else 0


def _bytes(tensor: Tensor) -> int:
    return tensor.numel() * tensor.element_size()


@dataclass(frozen=True, slots=True)
class Step:
    """Bytes of one training step.

    Attributes:
        held: before it: parameters, the optimiser's state, the best epoch's copy.
        kept: what its forward pass leaves for the backward pass: activations, the batch.
        peak: at most, all together.
    """

    held: int
    kept: int
    peak: int


def training_step(bench: Bench) -> Step:
    """What training holds during one step of `bench`."""
    held: list[int] = []
    with shapes_of(bench) as shapes, LiveBytes() as live:
        shapes.train(shapes.model(), 1, lap=lambda: held.append(live.now))
    return Step(held[0], live.after_forward - held[0], live.peak)

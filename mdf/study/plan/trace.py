"""The memory of a training step, found by tracing it with tensors that have shapes and no bytes."""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor
from torch._ops import OpOverload
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from mdf.study.costs.bench import Bench, shapes_of

ITEM = torch.ops.aten._local_scalar_dense.default
Argument: TypeAlias = Tensor | int | float | bool | Sequence["Argument"] | None
"""What an operation reads or gives."""
CONV, CONV_BACKWARD = torch.ops.aten.convolution.default, torch.ops.aten.convolution_backward.default


class LiveBytes(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the bytes of all tensors that operations make, for as long as they live.

    Attributes:
        now, peak: bytes at this moment, and at most.
        after_forward: bytes when the first backward operation begins.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.now = 0
        self.peak = 0
        self.after_forward = 0
        self.known: set[int] = set()

    def __torch_dispatch__(
        self,
        func: OpOverload,
        types: Sequence[type],
        args: tuple[Argument, ...] = (),
        kwargs: Mapping[str, Argument] | None = None,
    ) -> Argument:
        if func is ITEM:
            return 1.0  # a check of values, such as whether a loss is finite, passes
        if not self.after_forward and "backward" in func.name():  # type: ignore[no-untyped-call]
            self.after_forward = self.now
        result: Argument = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(result):
            if isinstance(leaf, Tensor):
                self._hold(leaf)
        self.peak = max(self.peak, self.now + _workspace(func, args))
        return result

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


def _workspace(func: OpOverload, args: tuple[Argument, ...]) -> int:
    """Bytes that an operation takes beside its results: a convolution copies its weights into its own layout, and its
    backward pass copies those and their gradient (measured of oneDNN, channels last:
    `benchmarks/memory.py --operations`)."""
    if func is CONV:
        return _bytes(args[1])
    return 2 * _bytes(args[2]) if func is CONV_BACKWARD else 0


def _bytes(tensor: Argument) -> int:
    return tensor.numel() * tensor.element_size() if isinstance(tensor, Tensor) else 0


@dataclass(frozen=True, slots=True)
class Step:
    """Bytes of one training step.

    Attributes:
        held: before the step: parameters, the optimiser's state, the copy of the best epoch.
        kept: what the forward pass leaves for the backward pass: activations, the batch.
        peak: at most, all together.
    """

    held: int
    kept: int
    peak: int


def training_step(bench: Bench) -> Step:
    """The bytes that one training step of `bench` holds."""
    held: list[int] = []
    with shapes_of(bench) as shapes, LiveBytes() as live:
        shapes.train(shapes.model(), 1, lap=lambda: held.append(live.now))
    return Step(held[0], live.after_forward - held[0], live.peak)

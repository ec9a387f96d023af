"""How many CPU threads a network in use gets, and how to use them without changing the rest of the process."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd

from mdf.core.sample import Batch
from mdf.engine.model import Model

MACS_PER_THREAD = 2e9
"""Multiply-accumulates of a frame for which one more thread pays.

All threads of a network wait for the slowest one at every layer. Two threads are at best twice as fast as one. Beside
other work they are often ten times slower, so more than one is used only where one would take long.
"""


def threads_for(macs: float) -> int:
    """CPU threads for a network that takes `macs` multiply-accumulates a frame, at most as many as PyTorch has now."""
    return max(1, min(torch.get_num_threads(), int(macs // MACS_PER_THREAD)))


def macs_of(model: Model, size: tuple[int, int]) -> float:
    """Multiply-accumulates of `model`, on the CPU, for a background and a frame of `size` (height, width).

    Only convolutions and linear layers are counted, which take nearly all. The network is run once, with one thread.
    """
    macs = 0

    def count(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal macs
        positions = inputs[0] if isinstance(layer, _ConvTransposeNd) else output
        assert isinstance(layer.weight, Tensor)
        macs += positions.numel() * layer.weight[0].numel()

    images = torch.zeros(1, 3, *size, dtype=torch.uint8)
    hooks = [m.register_forward_hook(count) for m in model.modules() if isinstance(m, (_ConvNd, nn.Linear))]
    try:
        with cpu_threads(1), torch.no_grad():
            model(Batch(("probe",), ("probe",), images, images))
    finally:
        for hook in hooks:
            hook.remove()
    return macs


@contextmanager
def cpu_threads(count: int) -> Iterator[None]:
    """Let PyTorch use `count` CPU threads inside, in the calling thread alone.

    `torch.set_num_threads` would change the whole process: a thread that starts meanwhile keeps its number. So the
    number is set in OpenMP and MKL, which keep one for each thread. `torch.set_num_threads` is used only where PyTorch
    was built without OpenMP.
    """
    before = torch.get_num_threads()  # sets a new thread up: done later, that would undo what follows
    if before == count:
        yield
        return
    libraries = _libraries()
    libraries.set_openmp(count)
    mkl_before = libraries.set_mkl(count)
    try:
        yield
    finally:
        libraries.set_mkl(mkl_before)
        libraries.set_openmp(before)


class _Libraries(NamedTuple):
    """How many threads the calling thread uses, set in OpenMP, and in MKL, which returns what was set before."""

    set_openmp: Callable[[int], object]
    set_mkl: Callable[[int], int]


@cache
def _libraries() -> _Libraries:
    """The libraries that PyTorch has loaded."""
    names = ("libtorch_cpu.so", "libtorch_cpu.dylib", "torch_cpu.dll")
    paths = [path for name in names if (path := Path(torch.__file__).parent / "lib" / name).is_file()]
    library = ctypes.CDLL(str(paths[0])) if paths else None
    return _Libraries(
        getattr(library, "omp_set_num_threads", torch.set_num_threads),
        getattr(library, "MKL_Set_Num_Threads_Local", lambda count: count),
    )

"""Peak memory of a piece of work, above what its process held before it.

On CUDA it is the allocator's own peak. On the CPU it is the resident peak of the process: the kernel's high-water
mark, reset before the work. If that cannot be reset, it is the largest of samples taken during the work.
"""

from __future__ import annotations

import ctypes
import gc
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from mdf.engine.prepare.colours import unit_range
from mdf.engine.runtime import Runtime

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
RESET_PEAK = "5"  # proc(5): resets VmHWM
SAMPLE_EVERY = 0.002
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, RETURNED_AT_ONCE = -1, -3, 64 * 1024


def peak(work: Callable[[], object], runtime: Runtime) -> float | None:
    """Bytes that `work` held at most, above those held before it; None if this system does not say."""
    gc.collect()
    if torch.device(runtime.device).type == "cuda":
        runtime.synchronise()
        torch.cuda.reset_peak_memory_stats(runtime.device)
        base = torch.cuda.memory_allocated(runtime.device)
        work()
        runtime.synchronise()
        return float(torch.cuda.max_memory_allocated(runtime.device) - base)
    if runtime.device != "cpu" or not STATUS.is_file():
        return None
    return _resident_peak(work)


def settle(runtime: Runtime) -> None:
    """Prepare to measure the memory of a piece of work alone.

    A tiny training step loads what PyTorch and the compiler of loops load once. glibc gives freed blocks back at once,
    so that blocks that only wait to be used again are not counted.
    """
    with suppress(OSError, AttributeError):  # no glibc: its allocator stays as it is
        libc = ctypes.CDLL(None)
        libc.mallopt(M_MMAP_THRESHOLD, RETURNED_AT_ONCE)
        libc.mallopt(M_TRIM_THRESHOLD, RETURNED_AT_ONCE)
    layers = nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Conv2d(16, 1, 1)
    ).to(device=runtime.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser = torch.optim.AdamW(layers.parameters(), fused=runtime.device != "mps")
    images = unit_range(torch.zeros(2, 3, 32, 32, dtype=torch.uint8)).to(runtime.device)
    images = images.contiguous(memory_format=torch.channels_last)
    for _ in range(2):
        with runtime.autocast():
            logits = F.interpolate(layers(images), scale_factor=2.0).float()
        F.binary_cross_entropy_with_logits(logits, torch.ones_like(logits)).backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(layers.parameters(), 1.0)
        optimiser.step()
    runtime.synchronise()
    del layers, optimiser, images, logits
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def _resident_peak(work: Callable[[], object]) -> float:
    """Without the pages of libraries that were read meanwhile: how many depends on how their files lie in memory."""
    base, files = _resident("VmRSS"), _resident("RssFile")
    try:
        CLEAR.write_text(RESET_PEAK)
    except OSError:
        with _sampled() as samples:
            work()
        highest = max(samples)
    else:
        work()
        highest = _resident("VmHWM")
    return highest - base - max(0.0, _resident("RssFile") - files)


@contextmanager
def _sampled() -> Iterator[list[float]]:
    """A list to which resident sizes are added until the context ends."""
    samples, stop = [_resident("VmRSS")], threading.Event()

    def sample() -> None:
        while not stop.wait(SAMPLE_EVERY):
            samples.append(_resident("VmRSS"))

    thread = threading.Thread(target=sample, daemon=True)
    thread.start()
    try:
        yield samples
    finally:
        stop.set()
        thread.join()


def _resident(key: str) -> float:
    """Bytes of `VmRSS` (now), of its part `RssFile` (mapped files), or of `VmHWM` (at most)."""
    found = re.search(rf"^{key}:\s+(\d+) kB", STATUS.read_text(encoding="ascii"), re.MULTILINE)
    assert found, f"{STATUS} has no {key}"
    return int(found[1]) * 1024.0

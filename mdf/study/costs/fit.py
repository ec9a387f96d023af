"""Whether a training fits the device's memory. Torch-free."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from mdf.workers import cgroup

GIB = 2**30
KEPT = {"cpu": 1.3, "cuda": 1.1, "mps": 1.1}
"""A process holds more than its tensors: freed blocks that wait to be used again (1.24 times the live ones were
measured of glibc), and rounding."""
BASE = {"cpu": 0.3 * GIB, "cuda": 0.5 * GIB, "mps": 0.5 * GIB}
"""What a worker takes before it has any tensor: libraries, or the device's context."""


def need(device: str, peak: float) -> float:
    """Bytes that a training of predicted peak memory `peak` takes on `device` with all that is around it."""
    kind = device.partition(":")[0]
    return peak * KEPT[kind] + BASE[kind]


def capacity(device: str, forecast: Mapping[str, float]) -> float | None:
    """Bytes that there are: on the CPU what is free now, else the device's whole memory; None where unknown."""
    return _free() if device == "cpu" else forecast.get("device_memory")


def fits(device: str, forecast: Mapping[str, float]) -> bool:
    """Whether a training with this forecast fits, as far as is known."""
    room, peak = capacity(device, forecast), forecast.get("peak_memory")
    return room is None or peak is None or need(device, peak) <= room


def _free() -> float | None:
    """Bytes that processes may still take: of the machine, and of its memory group."""
    found = [_meminfo(), cgroup.room()]
    return min((size for size in found if size is not None), default=None)


def _meminfo() -> float | None:
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
    except OSError:
        return None
    found = re.search(r"^MemAvailable:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) * 1024.0 if found else None

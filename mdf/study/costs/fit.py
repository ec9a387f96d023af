"""Whether a training fits the device's memory. Torch-free."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from mdf.study.costs.key import Subject
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


Forecasts = Mapping[str, Mapping[str, float]]


def side_by_side(trials: Sequence[Subject], forecasts: Forecasts, most: int) -> int:
    """How many of `trials`, `most` at most, run at once so that each device holds the largest that may meet on it, as
    far as is known; 1 at least, for whether one fits alone is asked elsewhere."""
    groups = {trial.cell.devices: [t for t in trials if t.cell.devices == trial.cell.devices] for trial in trials}
    return min((_at_once(group, devices, forecasts, most) for devices, group in groups.items()), default=most)


def _at_once(trials: Sequence[Subject], devices: Sequence[str], forecasts: Forecasts, most: int) -> int:
    """The same of trials that may run on the same `devices`, over which they are spread evenly."""
    known = [forecasts[trial.id] for trial in trials if "peak_memory" in forecasts[trial.id]]
    room = capacity(devices[0], known[0]) if known else None
    if room is None:
        return most
    largest = sorted((need(devices[0], forecast["peak_memory"]) for forecast in known), reverse=True)
    fitting = sum(sum(largest[:count]) <= room for count in range(1, len(largest) + 1))
    return most if fitting == len(largest) else min(most, max(1, fitting * len(devices)))

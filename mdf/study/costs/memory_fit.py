"""Whether a training fits the device's memory. Torch-free."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mdf.study.cell import LabelledCell
from mdf.workers import cgroup

MEMINFO = Path("/proc/meminfo")
GIB = 2**30
KEPT = {"cpu": 1.3, "cuda": 1.1, "mps": 1.1}
"""A process holds more than its tensors: freed blocks that wait to be used again (1.24 times the live ones were
measured of glibc), and rounding."""
BASE = {"cpu": 0.3 * GIB, "cuda": 0.5 * GIB, "mps": 0.5 * GIB}
"""Bytes that a worker takes before it has any tensor: libraries, or the device's context."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a network takes, found without computing it.

    Attributes:
        parameters: numbers that it learns.
        gmacs: 10⁹ multiply-accumulates of a forward pass of one pair of images.
        peak_memory: bytes that a training step holds at most.
        device_memory: bytes of the whole accelerator; None on a CPU.
    """

    parameters: float
    gmacs: float
    peak_memory: float
    device_memory: float | None = None

    def needed(self, device: str) -> float:
        """Bytes that training takes on `device`, with everything around it."""
        kind = device.partition(":")[0]
        return self.peak_memory * KEPT[kind] + BASE[kind]


Forecasts = Mapping[str, Forecast | None]
"""By a cell's id; None where there is no forecast, as for a predictor."""


@dataclass(frozen=True, slots=True)
class Memory:
    """The memory of this machine, read once, so that everything a command decides rests on the same number.

    `free` holds the bytes that processes on the CPU may still take; None if unknown.
    """

    free: float | None

    @staticmethod
    def now() -> Memory:
        """As it is at this moment: of the machine, and of this process' memory group."""
        known = [size for size in (_meminfo(), cgroup.room()) if size is not None]
        return Memory(min(known, default=None))

    def capacity(self, device: str, forecast: Forecast) -> float | None:
        """Bytes that there are for a training: on the CPU what is free, else the device's whole memory."""
        return self.free if device == "cpu" else forecast.device_memory

    def fits(self, device: str, forecast: Forecast) -> bool:
        """Whether a training with this forecast fits, as far as is known."""
        capacity = self.capacity(device, forecast)
        return capacity is None or forecast.needed(device) <= capacity

    def side_by_side(self, cells: Sequence[LabelledCell], forecasts: Forecasts, most: int) -> int:
        """How many of `cells` run at once, `most` at most, so that each device holds the largest that may meet on it.

        1 at least: whether one fits alone is checked elsewhere.
        """
        groups = {each.cell.devices: [c for c in cells if c.cell.devices == each.cell.devices] for each in cells}
        counts = [self._at_once(group, devices, forecasts, most) for devices, group in groups.items()]
        return min(counts, default=most)

    def _at_once(self, cells: Sequence[LabelledCell], devices: Sequence[str], forecasts: Forecasts, most: int) -> int:
        """The same of cells that may run on the same `devices`, over which they are spread evenly."""
        known = [forecast for each in cells if (forecast := forecasts[each.id]) is not None]
        capacity = self.capacity(devices[0], known[0]) if known else None
        if capacity is None:
            return most
        largest = sorted((forecast.needed(devices[0]) for forecast in known), reverse=True)
        fitting = sum(sum(largest[:count]) <= capacity for count in range(1, len(largest) + 1))
        return most if fitting == len(largest) else min(most, max(1, fitting * len(devices)))


def _meminfo() -> float | None:
    """Bytes that Linux says are available; None elsewhere."""
    try:
        text = MEMINFO.read_text(encoding="ascii")
    except OSError:
        return None
    found = re.search(r"^MemAvailable:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) * 1024.0 if found else None

"""How many trainings a device's memory holds at once. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mdf.study.costs.fit import capacity, need
from mdf.study.costs.key import Subject

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

"""What was found of one architecture on one machine: `runs/costs/<key>.json`. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from mdf.core.errors import MdfError
from mdf.study.files import read_json, write_json

COSTS = "costs"
INFINITE = float("inf")


@dataclass(frozen=True, slots=True)
class Record:
    """Forecast and measured costs of one key.

    Attributes:
        forecast: `parameters`, `gmacs`, `peak_memory` (bytes, predicted), `device_memory` (bytes, of an accelerator).
        measured: costs by key; empty where nothing has been measured.
        status: how the measuring ended: `ok`, `oom`, `failed`, `timeout`; "" = not yet. `reason` says why where it is
            not `ok`.
        parts: what was measured, where the status is `ok`.
        stamp: the environment.
        network: the configuration, as far as it decides costs.
    """

    forecast: Mapping[str, float] = field(default_factory=dict)
    measured: Mapping[str, float] = field(default_factory=dict)
    status: str = ""
    parts: Sequence[str] = ()
    reason: str = ""
    stamp: Mapping[str, Any] = field(default_factory=dict)
    network: Mapping[str, Any] = field(default_factory=dict)

    @property
    def costs(self) -> dict[str, float]:
        """What the table shows: a memory that did not suffice is infinite, unless training was measured in it."""
        counted = {key: self.forecast[key] for key in ("parameters", "gmacs") if key in self.forecast}
        return {**counted, **({"peak_memory": INFINITE} if self.status == "oom" else {}), **self.measured}


def load(key: str, runs: Path) -> Record:
    """The record of `key`; an empty one where there is none. A damaged one is as good as none."""
    path = _path(key, runs)
    if not path.is_file():
        return Record()
    try:
        return Record(**read_json(path))
    except (MdfError, TypeError):
        return Record()


def save(key: str, runs: Path, record: Record) -> None:
    """Write the record as a whole."""
    write_json(_path(key, runs), asdict(record))


def _path(key: str, runs: Path) -> Path:
    return runs / COSTS / f"{key}.json"

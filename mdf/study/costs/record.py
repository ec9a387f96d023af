"""What was found of one architecture on one machine: `runs/costs/<key>.json`. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from mdf.core.errors import MdfError
from mdf.core.files import read_json, write_json

COSTS = "costs"
INFINITE = float("inf")
TRY_AGAIN = "`mdf benchmark --retry timeout`, or a longer `--time-limit`, tries again"


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
        hung: the seconds that `forecast` or `costs: ` of some parts had and did not suffice for: only with more are
            they tried again.
    """

    forecast: Mapping[str, float] = field(default_factory=dict)
    measured: Mapping[str, float] = field(default_factory=dict)
    status: str = ""
    parts: Sequence[str] = ()
    reason: str = ""
    stamp: Mapping[str, Any] = field(default_factory=dict)
    network: Mapping[str, Any] = field(default_factory=dict)
    hung: Mapping[str, float] = field(default_factory=dict)

    def hangs(self, job: str, seconds: float) -> bool:
        """Whether it is known that `seconds` do not suffice for `job`."""
        return self.hung.get(job, 0.0) >= seconds

    def hanging(self, job: str, seconds: float) -> Record:
        """The same, knowing that."""
        return replace(self, hung={**self.hung, job: seconds})

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

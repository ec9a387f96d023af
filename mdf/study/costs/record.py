"""What was found of one architecture on one machine: `runs/costs/<key>.json`. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mdf.core.errors import MdfError
from mdf.core.files import read_json, write_json
from mdf.core.plain import Table
from mdf.study.costs.memory_fit import Forecast

if TYPE_CHECKING:
    from mdf.engine.runtime import Stamp

COSTS = "costs"
INFINITE = float("inf")
TRY_AGAIN = "`mdf benchmark --retry timeout`, or a longer `--time-limit`, tries again"


@dataclass(frozen=True, slots=True)
class CostRecord:
    """Forecast and measured costs of one key.

    Attributes:
        forecast: None if it was not made.
        measured: costs by key; empty if nothing has been measured.
        status: how the measuring ended: `ok`, `oom`, `failed`, `timeout`; "" = not yet. `reason` says why it is not
            `ok`.
        parts: what was measured, if the status is `ok`.
        stamp: the environment.
        network: the configuration, as far as it decides costs.
        hung: seconds in which `forecast`, or `costs: ` of some parts, did not end. They are tried again only with more.
    """

    forecast: Forecast | None = None
    measured: Mapping[str, float] = field(default_factory=dict)
    status: str = ""
    parts: Sequence[str] = ()
    reason: str = ""
    stamp: Stamp = field(default_factory=dict)
    network: Table = field(default_factory=dict)
    hung: Mapping[str, float] = field(default_factory=dict)

    def hangs(self, job: str, seconds: float) -> bool:
        """Whether it is known that `job` does not end in `seconds`."""
        return self.hung.get(job, 0.0) >= seconds

    def hanging(self, job: str, seconds: float) -> CostRecord:
        """The same record, which knows that `job` does not end in `seconds`."""
        return replace(self, hung={**self.hung, job: seconds})

    @property
    def costs(self) -> dict[str, float]:
        """What the table shows. Memory that did not suffice is infinite, unless training was measured in it."""
        counted = {"parameters": self.forecast.parameters, "gmacs": self.forecast.gmacs} if self.forecast else {}
        return {**counted, **({"peak_memory": INFINITE} if self.status == "oom" else {}), **self.measured}


def load(key: str, runs: Path) -> CostRecord:
    """The record of `key`; an empty one if there is none, or if it is damaged."""
    path = _path(key, runs)
    if not path.is_file():
        return CostRecord()
    try:
        table = read_json(path)
        forecast = Forecast(**table["forecast"]) if table["forecast"] else None
        return CostRecord(**{**table, "forecast": forecast})
    except (MdfError, TypeError, KeyError):
        return CostRecord()


def save(key: str, runs: Path, record: CostRecord) -> None:
    """Write the record as a whole."""
    write_json(_path(key, runs), asdict(record))


def _path(key: str, runs: Path) -> Path:
    return runs / COSTS / f"{key}.json"

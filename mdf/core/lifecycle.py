"""The arguments of the life-cycle hooks: small read-only objects. Torch-free.

They are public. A plugin that follows a study needs only these and `mdf.core.progress.Epoch`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Trial:
    """One resolved configuration with one seed.

    Attributes:
        id: hash of everything that can change the result. The same trial has the same id in every study.
        label: the settings that distinguish it from the study's other trials, e.g. `unet · depth l1`.
        number, total: position in the study, counted from 1, and number of trials.
        config: the resolved experiment as plain tables (its TOML form), read-only.
        folder: folder of its files: `config.toml`, `history.json`, `result.json`, …
        kept: True if an earlier run already has the result. Then there are no `mdf_epoch_end` calls.
    """

    id: str
    label: str
    number: int
    total: int
    config: Mapping[str, Any]
    folder: Path
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Study:
    """The trials of one `mdf benchmark`.

    Attributes:
        name: the name that the user gave, or `study-` and a hash of the trials.
        folder: folder of the report.
        trials: the trials in the order in which they run.
    """

    name: str
    folder: Path
    trials: tuple[Trial, ...]


@dataclass(frozen=True, slots=True)
class TrialEnd:
    """How a trial ended.

    Attributes:
        status: `ok`, `failed`, `oom`, `diverged`, `timeout` or `interrupted`.
        reason: why the status is not `ok`, in one line.
        scores: test scores by column, e.g. `depth/rmse`; NaN if no pixel could be scored.
        costs: measured costs by name: `parameters`, `train_seconds`, …
        best_step: the training step whose weights were chosen on validation; None if nothing was trained.
    """

    status: str
    reason: str = ""
    scores: Mapping[str, float] = field(default_factory=dict)
    costs: Mapping[str, float] = field(default_factory=dict)
    best_step: int | None = None

    @property
    def ok(self) -> bool:
        """Whether the trial has scores."""
        return self.status == "ok"


@dataclass(frozen=True, slots=True)
class StudyEnd:
    """How a study ended.

    Attributes:
        ok: whether every trial has the status `ok`.
        files: the report's files: `report.json`, `.md`, `.csv`, `.html`, and `.png` if there is a picture.
    """

    ok: bool
    files: tuple[Path, ...]


def read_only(table: Mapping[str, Value]) -> Mapping[str, Value]:
    """A read-only copy of a plain table: dicts inside become mapping proxies, lists become tuples."""
    return MappingProxyType({key: _read_only(value) for key, value in table.items()})


def _read_only(value: Any) -> Any:
    if isinstance(value, Mapping):
        return read_only(value)
    return tuple(map(_read_only, value)) if isinstance(value, (list, tuple)) else value

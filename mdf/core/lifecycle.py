"""What the life-cycle hooks are told: small frozen objects, read-only through and through. Torch-free.

Public values only: a plugin that follows a study needs nothing of mdf but these and `mdf.core.progress.Epoch`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True)
class Trial:
    """One resolved configuration with one seed.

    Attributes:
        id: hash of everything that can change its result; the same trial has it in every study.
        label: what tells it from the others of its study, e.g. `unet · depth l1`.
        number, total: its place in the study, from 1.
        config: the resolved experiment as plain tables (its TOML form), read-only.
        folder: where its files lie: `config.toml`, `history.json`, `result.json`, …
        kept: whether its result is there from an earlier run; then no epoch is told.
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
        name: as it was given, else `study-` and a hash of its trials.
        folder: where its report will lie.
        trials: in the order in which they run.
    """

    name: str
    folder: Path
    trials: tuple[Trial, ...]


@dataclass(frozen=True, slots=True)
class TrialEnd:
    """How a trial ended.

    Attributes:
        status: `ok`, `failed`, `oom`, `diverged`, `timeout` or `interrupted`.
        reason: why it is not `ok`, in one line.
        scores: test scores by column (`depth/rmse`); NaN where nothing was measured.
        costs: `parameters`, `train_seconds`, …
        best_step: the step whose weights were chosen on validation; None where nothing was trained.
    """

    status: str
    reason: str = ""
    scores: Mapping[str, float] = field(default_factory=dict)
    costs: Mapping[str, float] = field(default_factory=dict)
    best_step: int | None = None

    @property
    def ok(self) -> bool:
        """Whether it has scores."""
        return self.status == "ok"


@dataclass(frozen=True, slots=True)
class StudyEnd:
    """What a study leaves behind.

    Attributes:
        ok: whether every trial ended well.
        files: the report's files, all written: `report.json`, `.md`, `.csv`, `.html` and, where there is one, `.png`.
    """

    ok: bool
    files: tuple[Path, ...]


def read_only(value: Any) -> Any:
    """Plain data that nobody can change: tables as mapping proxies, lists as tuples."""
    if isinstance(value, Mapping):
        return MappingProxyType({key: read_only(inner) for key, inner in value.items()})
    if isinstance(value, (list, tuple)):
        return tuple(read_only(inner) for inner in value)
    return value

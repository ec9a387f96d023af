"""A trial's committed result, and where it lies: `runs/<study>/<trial id>/result.json`. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from mdf.core.errors import MdfError
from mdf.core.files import read_json, write_json

RESULT = "result.json"
STUDY = "study.json"
CONFIG, MODEL, WEIGHTS = "config.toml", "model.json", "weights.safetensors"
"""What a trained network is made again from."""
CHECKPOINT = "checkpoint.safetensors"
"""Of a training that has not ended well: the same command goes on from it."""
STATUSES = ("ok", "failed", "oom", "diverged", "timeout", "interrupted")


@dataclass(frozen=True, slots=True)
class TrialResult:
    """How one trial ended.

    Attributes:
        id: hash of everything that can change its result.
        label: what tells it from the others of its study.
        status: one of STATUSES; `reason` and `hint` say why where it is not `ok`.
        scores: test scores by column key (`mask/iou`); a column that was not measured is missing.
        costs: `parameters`, `train_seconds`, …
        columns: each score's label, task and protocol.
        stamp: the environment; costs of different stamps are never ranked together.
        split_by: `scene`, or `time` for scene-specific scores.
        attempt: 1 for the first time that the trial was run.
        started, ended: when, in UTC (ISO 8601); `machine` is the name of where.
    """

    id: str
    label: str
    status: str
    config: Mapping[str, Any]
    reason: str = ""
    hint: str = ""
    scores: Mapping[str, float] = field(default_factory=dict)
    costs: Mapping[str, float] = field(default_factory=dict)
    columns: list[Mapping[str, Any]] = field(default_factory=list)
    stamp: Mapping[str, Any] = field(default_factory=dict)
    split_by: str = "scene"
    best_step: int | None = None
    attempt: int = 1
    started: str = ""
    ended: str = ""
    machine: str = ""
    folder: str = ""

    @property
    def ok(self) -> bool:
        """Whether it has scores to show."""
        return self.status == "ok"


def commit(folder: Path, result: TrialResult) -> None:
    """Write the result last of all: a trial without it has not ended. One that ended well needs no checkpoint."""
    write_json(folder / RESULT, to_plain(result))
    if result.ok:
        with suppress(OSError):
            (folder / CHECKPOINT).unlink(missing_ok=True)


def to_plain(result: TrialResult) -> dict[str, Any]:
    """What is kept of a result: everything but where it lies."""
    return {key: value for key, value in asdict(result).items() if key != "folder"}


def load(folder: Path) -> TrialResult:
    """The result in `folder`. Raises MdfError where there is none or it is damaged."""
    return from_plain(read_json(folder / RESULT), folder)


def from_plain(table: Mapping[str, Any], folder: Path) -> TrialResult:
    """The result that `to_plain` made `table` of, in which NaN may be None. Raises MdfError where it is none."""
    try:
        scores = {key: float("nan") if value is None else value for key, value in table["scores"].items()}
        return TrialResult(**{**table, "scores": scores, "folder": str(folder)})
    except (TypeError, KeyError, AttributeError) as error:
        raise MdfError(
            f"{folder / RESULT} was not written by this version of mdf ({error})", "remove its folder and run again"
        ) from error


def has_ended(folder: Path) -> bool:
    """Whether the attempt in `folder` has a result: one that was killed has none."""
    return (folder / RESULT).is_file()


def score_title(task: str, label: str, unit: str, on: str = "") -> str:
    """What stands above a score: `depth RMSE [m]`, on other data `cdnet: mask IoU`."""
    return f"{f'{on}: ' if on else ''}{task} {label}{f' [{unit}]' if unit else ''}"

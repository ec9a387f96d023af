"""A trial's committed result, and where it lies: `runs/<study>/<trial id>/result.json`. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypedDict

from mdf.core.errors import MdfError
from mdf.core.files import read_json, write_json
from mdf.core.plain import Plain, Table
from mdf.core.shared.pointer import fetched, pointer_of

RESULT = "result.json"
STUDY = "study.json"
CONFIG, MODEL, WEIGHTS = "config.toml", "model.json", "weights.safetensors"
"""The files that a trained network is restored from."""
CHECKPOINT = "checkpoint.safetensors"
"""The state of a training that has not ended well: the same command continues from it."""
STATUSES = ("ok", "failed", "oom", "diverged", "timeout", "interrupted")


class ScoreDescription(TypedDict):
    """What a score means: its key (`mask/iou`, on other data `mask/iou@cdnet`), its name, and how it was measured."""

    key: str
    task: str
    on: str
    label: str
    protocol: Table
    options: Table


@dataclass(frozen=True, slots=True)
class TrialResult:
    """How one trial ended.

    Attributes:
        id: hash of everything that can change its result.
        label: what distinguishes it from the other trials of its study.
        status: one of STATUSES; `reason` and `hint` say why it is not `ok`.
        config: the resolved configuration.
        scores: test scores by column key (`mask/iou`); a score that was not measured is missing.
        costs: `parameters`, `train_seconds`, …
        columns: what each score means.
        stamp: the environment; costs of different stamps are never ranked together.
        split_by: `scene`, or `time` for scene-specific scores.
        attempt: 1 for the first time that the trial was run.
        started, ended: UTC, ISO 8601.
        machine: the computer's name.
        folder: where its files lie.
    """

    id: str
    label: str
    status: str
    config: Table
    reason: str = ""
    hint: str = ""
    scores: Mapping[str, float] = field(default_factory=dict)
    costs: Mapping[str, float] = field(default_factory=dict)
    columns: Sequence[ScoreDescription] = field(default_factory=list)
    stamp: Table = field(default_factory=dict)
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

    @property
    def weights(self) -> Path:
        """The file of its network's weights, if it trained one. A shared one is fetched."""
        return fetched(Path(self.folder) / WEIGHTS)


def commit(folder: Path, result: TrialResult) -> None:
    """Write the result file, last of all: a trial without it has not ended. After success the checkpoint is removed."""
    write_json(folder / RESULT, to_plain(result))
    if result.ok:
        with suppress(OSError):
            (folder / CHECKPOINT).unlink(missing_ok=True)
            pointer_of(folder / CHECKPOINT).unlink(missing_ok=True)


def to_plain(result: TrialResult) -> dict[str, Plain]:
    """The content of a result file: everything but the folder."""
    return {key: value for key, value in asdict(result).items() if key != "folder"}


def load(folder: Path) -> TrialResult:
    """The result in `folder`. Raises MdfError if there is none or it is damaged."""
    return from_plain(read_json(folder / RESULT), folder)


def from_plain(table: Mapping[str, Any], folder: Path) -> TrialResult:
    """The result whose file held `table`, where None stands for NaN. Raises MdfError if something is missing."""
    try:
        scores = {key: float("nan") if value is None else value for key, value in table["scores"].items()}
        return TrialResult(**{**table, "scores": scores, "folder": str(folder)})
    except (TypeError, KeyError, AttributeError) as error:
        raise MdfError(
            f"{folder / RESULT} was not written by this version of mdf ({error})", "remove its folder and run again"
        ) from error


def has_ended(folder: Path) -> bool:
    """Whether the attempt in `folder` has a result; one that was killed has none."""
    return (folder / RESULT).is_file()


def score_title(task: str, label: str, unit: str, on: str = "") -> str:
    """A score column's title: `depth RMSE [m]`, on other data `cdnet: mask IoU`."""
    return f"{f'{on}: ' if on else ''}{task} {label}{f' [{unit}]' if unit else ''}"

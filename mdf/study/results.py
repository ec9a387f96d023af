"""A trial's committed result, and where results lie: `runs/<study>/<trial id>/result.json`. Torch-free."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from mdf.core.errors import MdfError
from mdf.study.files import read_json, write_json

RESULT = "result.json"
STUDY = "study.json"
CONFIG, WEIGHTS = "config.toml", "weights.safetensors"
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
    folder: str = ""

    @property
    def ok(self) -> bool:
        """Whether it has scores to show."""
        return self.status == "ok"


def commit(folder: Path, result: TrialResult) -> None:
    """Write the result last of all: a trial without it has not ended."""
    write_json(folder / RESULT, {k: v for k, v in asdict(result).items() if k != "folder"})


def load(folder: Path) -> TrialResult:
    """The result in `folder`. Raises MdfError where there is none or it is damaged."""
    table = read_json(folder / RESULT)
    try:
        scores = {key: float("nan") if value is None else value for key, value in table.pop("scores").items()}
        return TrialResult(**table, scores=scores, folder=str(folder))
    except (TypeError, KeyError, AttributeError) as error:
        raise MdfError(
            f"{folder / RESULT} was not written by this version of mdf ({error})", "remove its folder and run again"
        ) from error


def all_trials(runs: Path) -> Iterator[Path]:
    """The folder of every trial that has ended, the last one first."""
    found = [path for path in runs.glob(f"*/*/{RESULT}") if not path.parent.name.startswith(".")]
    for path in sorted(found, key=lambda p: p.stat().st_mtime, reverse=True):
        yield path.parent


def find_model(run: str | Path, runs: Path) -> Path:
    """The folder that `run` means: a folder, the start of an id, or `latest`, the last run that left a network.

    Raises MdfError where none or several are meant.
    """
    if (Path(run) / CONFIG).is_file():
        return Path(run)
    if run == "latest":
        for folder in all_trials(runs):
            if (folder / WEIGHTS).is_file():
                return folder
    return find_run(str(run), runs)


def find_run(text: str, runs: Path) -> Path:
    """The folder that `text` means: a path, the prefix of a trial's id, or `latest`.

    Raises MdfError where none or several are meant.
    """
    path = Path(text)
    if (path / RESULT).is_file():
        return path
    trials = list(all_trials(runs))
    if text == "latest" and trials:
        return trials[0]
    meant = [folder for folder in trials if folder.name.startswith(text)]
    if len({folder.name for folder in meant}) == 1:
        return meant[0]
    if meant:
        raise MdfError(
            f"`{text}` is the start of {len(meant)} runs: {', '.join(f.name for f in meant[:5])}",
            "write more of the id",
        )
    known = f"the latest are {', '.join(f.name for f in trials[:3])}" if trials else "there is none yet"
    raise MdfError(
        f"there is no run `{text}` in {runs}", f"{known}; a run is a folder, the start of an id, or `latest`"
    )

"""What a trial's worker is asked, and what it answers. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mdf.core.config import ExperimentConfig
from mdf.runs.result import ScoreDescription
from mdf.study import travel

if TYPE_CHECKING:
    from mdf.engine.runtime import Stamp


@dataclass(frozen=True, slots=True)
class TrialRequest:
    """One trial to run.

    Attributes:
        folder: where its files go; a training whose checkpoint lies there continues from it.
        stamp: the environment, which is written down.
        devices: where it runs, such as `cuda:1`: one for each process that trains.
        fingerprint: of the data that its id was made of.
    """

    config: ExperimentConfig
    plugins: Sequence[str]
    folder: Path
    stamp: Stamp
    devices: Sequence[str]
    fingerprint: str

    def on(self, devices: Sequence[str]) -> TrialRequest:
        """The same trial on these devices."""
        return replace(self, devices=tuple(devices))

    def carried(self) -> Sequence[Path]:
        """The files that a machine without this disk needs."""
        return travel.carried([self.config], self.plugins)

    def relocated(self, places: Mapping[Path, Path]) -> TrialRequest:
        """The same trial where its files lie elsewhere."""
        return replace(
            self,
            config=travel.relocated_config(self.config, places),
            plugins=travel.relocated_plugins(self.plugins, places),
            folder=places.get(self.folder, self.folder),
        )


@dataclass(frozen=True, slots=True)
class TrialOutcome:
    """How a trial ended well.

    Attributes:
        scores: test scores by column key (`mask/iou`).
        costs: `parameters`, `train_seconds`, …
        best_step: the step whose weights were chosen; None if nothing was trained.
        columns: what each score means: its label, task and protocol.
    """

    scores: Mapping[str, float]
    costs: Mapping[str, float]
    best_step: int | None
    columns: Sequence[ScoreDescription]

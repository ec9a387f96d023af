"""A trial whose node is lost is begun again, as often as `--tries` says."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tiny_study import Diary

from mdf.cli.commands.benchmark import benchmark
from mdf.cli.commands.train import train
from mdf.core.config import validate
from mdf.core.progress import OnProgress
from mdf.study.cell import Cell
from mdf.study.prepare import StudyTrial
from mdf.study.request.request import StudyRequest
from mdf.study.run import run_trials
from mdf.workers.executor import RunningJob
from mdf.workers.exit import WorkerError
from mdf.workers.job import Job, Result
from mdf.workers.local import LocalExecutor


class LostJob:
    """A job whose node is lost at once."""

    place, has_ended = "node 7", True

    def __init__(self) -> None:
        self.began: float | None = time.monotonic()

    def listen(self, on_progress: OnProgress) -> bool:  # noqa: ARG002
        return True

    def result(self, job: Job[*tuple[Any, ...], Result]) -> Result:  # noqa: ARG002
        raise WorkerError("interrupted", "the node 7 was lost")

    def close(self) -> None: ...


class Fragile(LocalExecutor):
    """Loses every trial."""

    def __init__(self, tries: int) -> None:
        super().__init__()
        self.tries = tries

    def start(self, *_: Any) -> Any:
        return LostJob()

    def wait(self, jobs: Sequence[RunningJob], longest: float) -> None: ...


@pytest.mark.parametrize("tries", [1, 3])
def test_a_trial_is_begun_that_often(tmp_path: Path, tries: int) -> None:
    cell = Cell(validate({}), "", "scene", ("mask",), {}, {}, "", "", ("cpu",), 1)  # type: ignore[typeddict-item]
    trial, diary = StudyTrial("0a", "label", cell, tmp_path / "study" / "0a"), Diary()
    (lost,) = run_trials([trial], [], diary, Fragile(tries))
    assert (lost.status, lost.reason) == ("interrupted", "the node 7 was lost")
    assert len(diary.started) == tries
    assert len([warning for warning in diary.warnings if "it begins again elsewhere" in warning]) == tries - 1


def test_the_command_line_has_the_same_default() -> None:
    defaults = {option.default for command in (benchmark, train) for option in command.params if option.name == "tries"}
    assert defaults == {StudyRequest().tries}

"""A trial whose worker is killed amid training goes on from its last epoch, to the same bytes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from tiny_study import SMALL, Diary

from mdf import api
from mdf.core.progress import Epoch, Stage
from mdf.runs.checkpoint import CheckpointFile
from mdf.runs.result import CHECKPOINT, WEIGHTS
from mdf.study import prepare, run
from mdf.study.trial.outcome import TrialOutcome, TrialRequest
from mdf.workers import process
from mdf.workers.exit import WorkerError

posix_only = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")

DEADLY = '''
import os, signal
from pathlib import Path
from pydantic import Field
from mdf.core.component import ComponentConfig
from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec

@hookimpl
def mdf_losses():
    return [Spec("deadly", f"{__name__}:Deadly", "Kills its process once.", tasks=("depth",))]

def __getattr__(name):
    """Made when asked for: importing this file must not import torch."""
    if name != "Deadly":
        raise AttributeError(name)
    from mdf.core.loss import Loss, valid_mean

    class Deadly(Loss):
        class Config(ComponentConfig):
            """When it does."""
            note: str = Field("", description="a file that says it has done so")
            call: int = Field(1, description="at which call of a process")

        calls = 0

        def __call__(self, prediction, target, valid):
            self.calls += 1
            note = Path(self.config.note)
            if self.calls == self.config.call and not note.exists():
                note.touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return valid_mean((prediction - target).abs(), valid)

    return Deadly
'''


def deadly_cell(folder: Path, call: int, **keys: Any) -> tuple[Any, list[str]]:
    """A surveyed cell whose worker is killed once, and the plugin for that."""
    plugin = folder / "deadly.py"
    plugin.write_text(DEADLY)
    loss = {"mask": "bce", "depth": {"name": "deadly", "note": str(folder / "note"), "call": call}}
    settings = [*SMALL, "train.validations=4"]
    asked = {"encoder": "unet", "predictor": [], "loss": loss, "steps": 8, "settings": settings, **keys}
    configs = api.cells(plugins=[str(plugin)], **asked)
    (folder / "runs").mkdir()
    with prepare.helper(folder / "runs") as worker:
        cells = prepare.survey(configs, [str(plugin)], folder / "runs", Diary(), worker, fill_cache=True)
    return cells[0], [str(plugin)]


def attempt(cell: Any, plugins: list[str], folder: Path, events: list[Any]) -> TrialOutcome:
    request = TrialRequest(cell.config, plugins, folder, cell.stamp, ["cpu"], cell.fingerprint)
    return process.run(run.JOB, request, on_progress=events.append, log=folder / "worker.log")


@posix_only
def test_a_killed_worker_is_gone_on_with(tmp_path: Path) -> None:
    cell, plugins = deadly_cell(tmp_path, call=4, schedule={"name": "alternate", "phase": 4})
    folder, whole = tmp_path / "runs" / "s" / "a1", tmp_path / "runs" / "s" / "b2"
    events: list[Any] = []
    with pytest.raises(WorkerError, match="SIGKILL"):
        attempt(cell, plugins, folder, [])
    assert (tmp_path / "note").exists()
    kept = CheckpointFile(folder / CHECKPOINT, "a1", print).load()
    assert kept is not None
    assert kept.facts["step"] == 2  # inside the first turn, and inside an epoch

    resumed = attempt(cell, plugins, folder, events)  # the note is there: no other death
    expected = attempt(cell, plugins, whole, [])
    assert Stage(f"continuing from step {kept.facts['step']}") in events
    assert len([e for e in events if isinstance(e, Epoch)]) == 5
    assert "continuing from" in (folder / "worker.log").read_text()
    assert (folder / WEIGHTS).read_bytes() == (whole / WEIGHTS).read_bytes()
    assert json.loads((folder / "history.json").read_text()) == json.loads((whole / "history.json").read_text())
    assert resumed.scores == expected.scores
    assert resumed.best_step == expected.best_step

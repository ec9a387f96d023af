"""One trial in two processes: started by mdf or by torchrun, with the same result; what goes wrong is told once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_study import ROOT, SMALL, Diary, study

from mdf.core.errors import ConfigError
from mdf.core.progress import Epoch, Progress, Stage
from mdf.runs.result import WEIGHTS

TWO = [*SMALL, "train.norms=group", "train.devices=2"]
PATIENCE = 240
STUMBLES = """
from mdf.core.component import ComponentConfig
from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec

@hookimpl
def mdf_losses():
    return [Spec("stumbles", f"{__name__}:Stumbles", "It raises in the second process.", tasks=("depth",))]

def __getattr__(name):
    if name != "Stumbles":
        raise AttributeError(name)
    import torch.distributed as dist
    from mdf.core.loss import Loss, valid_mean

    class Stumbles(Loss):
        class Config(ComponentConfig):
            "No options."
        def __call__(self, prediction, target, valid):
            if dist.is_initialized() and dist.get_rank() == 1:
                raise KeyError("no such lens")
            return valid_mean((prediction - target).abs(), valid)
    return Stumbles
"""


class Impatient(Diary):
    """Ctrl-C after the first checkpoint."""

    def progress(self, progress: Progress, number: int = 0) -> None:
        super().progress(progress, number)
        if isinstance(progress, Epoch) and progress.step:
            raise KeyboardInterrupt


@pytest.mark.slow
def test_torchrun_and_mdf_start_the_same_training_and_ctrl_c_changes_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        study(tmp_path / "ours", Impatient(), settings=TWO)
    diary = Diary()
    (ours,) = study(tmp_path / "ours", diary, settings=TWO).results
    assert Stage("continuing from step 1") in diary.events
    assert ours.status == "ok", ours.reason
    assert not list(Path(ours.folder).glob("process-*.log"))
    options = [part for setting in TWO[:-1] for part in ("--set", setting)]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "-m", "mdf", "train", "--json"),
            *("--steps", "2", "--force", "--runs", str(tmp_path / "theirs"), *options),
        ],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    (theirs,) = json.loads(done.stdout)["trials"]  # the first process alone reports
    assert theirs["id"] == ours.id
    assert (Path(theirs["folder"]) / WEIGHTS).read_bytes() == (Path(ours.folder) / WEIGHTS).read_bytes()


@pytest.mark.slow
def test_the_reason_is_that_of_the_process_that_failed(tmp_path: Path) -> None:
    plugin = tmp_path / "stumbling.py"
    plugin.write_text(STUMBLES)
    (result,) = study(tmp_path / "runs", loss="stumbles", plugins=[str(plugin)], settings=TWO).results
    assert result.status == "failed"
    assert result.reason == "process 1 of the training ended: KeyError: 'no such lens'"


def test_synchronised_norms_need_cuda_and_that_is_told_before_anything_trains(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"`train\.norms = sync` needs CUDA"):
        study(tmp_path / "runs", Diary(), settings=[*SMALL, "train.norms=sync"])


def test_a_batch_has_a_sample_for_each_process(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="a batch of 8 cannot be shared by 9 devices"):
        study(tmp_path / "runs", Diary(), settings=[*SMALL, "train.devices=9"])

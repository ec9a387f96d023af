"""One trial in two processes: started by mdf or by torchrun, with the same result; what goes wrong is told once."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from pausing import PATIENCE, STEPS, Gate, wait_until
from tiny_study import SMALL, Diary, started, study

from mdf.core.errors import ConfigError
from mdf.runs.listing import list_runs
from mdf.runs.result import CHECKPOINT, WEIGHTS

TWO = [*SMALL, "train.norms=group", "train.devices=2"]
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


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="interrupts a process group of POSIX")
def test_whoever_starts_the_processes_it_is_the_same_training_and_ctrl_c_changes_nothing(tmp_path: Path) -> None:
    """`mdf train --devices` is interrupted, `mdf benchmark --devices-per-trial` goes on, `torchrun` does it at once."""
    gate = Gate(tmp_path)
    asked = ["--loss", "pauses", "--steps", str(STEPS), "--force", "--json"]
    asked += [part for setting in TWO[:-1] for part in ("--set", setting)]
    mdf = ["-m", "mdf", "-p", str(gate.plugin)]
    ours, theirs = ["--runs", str(tmp_path / "ours")], ["--runs", str(tmp_path / "theirs")]
    gate.close()
    begun = started([sys.executable, *mdf, "train", "--devices", "2", *asked, *ours])
    try:
        wait_until(lambda: [*tmp_path.glob(f"ours/*/*/{CHECKPOINT}")] or begun.poll() is not None)
        os.killpg(begun.pid, signal.SIGINT)
        printed, told = begun.communicate(timeout=PATIENCE)
    finally:
        begun.kill()
        begun.wait(PATIENCE)
        gate.open()
    assert (begun.returncode, printed) == (130, ""), told
    assert told.splitlines()[-1] == "interrupted"
    assert "Traceback" not in told
    (left,) = list_runs(tmp_path / "ours").runs
    assert left.status == "interrupted"
    quick = ["--encoder", "unet", "--predictor", "none", "--no-costs", "--no-pictures"]
    first = outcome([*mdf, "benchmark", "--devices-per-trial", "2", *quick, *asked, *ours])
    assert f"{CHECKPOINT}, step {STEPS // 2}" in (Path(first["folder"]) / "worker.log").read_text()
    assert not list(Path(first["folder"]).glob("process-*.log"))
    torchrun = ["-m", "torch.distributed.run", "--nproc-per-node", "2"]
    second = outcome([*torchrun, *mdf, "train", *asked, *theirs])  # the first process alone reports
    assert left.id == first["id"] == second["id"]
    assert first["folder"] != second["folder"]
    assert (Path(first["folder"]) / WEIGHTS).read_bytes() == (Path(second["folder"]) / WEIGHTS).read_bytes()


def outcome(arguments: list[str]) -> dict[str, Any]:
    """The one trial of a command that ends well."""
    process = started([sys.executable, *arguments])
    printed, told = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, told
    trial: dict[str, Any]
    (trial,) = json.loads(printed)["trials"]
    return trial


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

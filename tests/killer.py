"""Runs `mdf benchmark` again and again and kills it, whole process group, at random moments. A script: see `main`.

Torch is imported once: every command is a fork of this process, and its workers are forks of it, which changes how they
come into being and nothing else.
"""

from __future__ import annotations

import importlib
import json
import multiprocessing as mp
import os
import random
import signal
import sys
import time
from pathlib import Path

from mdf.cli import main as mdf
from mdf.core.processes import OF_TRAINING, PRELOAD
from mdf.registry import Catalog
from mdf.study.code_digest import modules_of
from mdf.study.identity import TRIAL
from mdf.workers import process as workers

HEAVY = ("pyarrow.parquet", "mdf.api.study", *PRELOAD, *OF_TRAINING)
"""What every fork would import, and compile, for itself."""
BEGINS = b"trial "


def start(command: list[str], log: Path) -> int:
    """A command in a process group of its own; what it prints goes to `log`."""
    process = os.fork()
    if process:
        return process
    os.setsid()
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    workers.process_context = lambda: mp.get_context("fork")  # type: ignore[assignment, return-value]
    os._exit(mdf(command))


def ended(process: int, seconds: float) -> int | None:
    """The exit code of a process if it ends within `seconds`."""
    until = time.monotonic() + seconds
    while True:
        found, status = os.waitpid(process, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() >= until:
            return None
        time.sleep(0.002)


def seconds_to_first_trial(process: int, log: Path) -> float:
    """How long it takes until a trial begins."""
    began = time.monotonic()
    while BEGINS not in log.read_bytes() if log.exists() else True:
        if ended(process, 0.002) is not None:
            raise SystemExit(f"it ended before its first trial:\n{log.read_text()}")
    return time.monotonic() - began


def killed(command: list[str], log: Path, in_trials: bool, seconds: float) -> bool:
    """Kill the command so many seconds after its start, or after its first trial's; False where it ended before."""
    log.unlink(missing_ok=True)
    process = start(command, log)
    code = None
    while in_trials and code is None and not (log.exists() and BEGINS in log.read_bytes()):
        code = ended(process, 0.002)
    code = ended(process, seconds) if code is None else code
    if code is not None:
        return False
    os.killpg(process, signal.SIGKILL)
    os.waitpid(process, 0)
    return True


def get_ready() -> None:
    """Import what the commands need; all are of the code as it is now."""
    for name in HEAVY:
        importlib.import_module(name)
    catalog = Catalog.discover()
    for kind, name in (("encoder", "unet"), ("fusion", "early"), ("decoder", "unet"), ("schedule", "joint")):
        catalog.load(kind, name)
    modules_of([TRIAL])  # which reads the code that ids are made of


def main(kills: int, seed: int, calm: list[str], harassed: list[str], folder: Path) -> dict[str, object]:
    """Let `calm` run through, which tells how long things take, and kill `harassed` so often before it may end."""
    get_ready()
    log = folder / "log"
    process = start(calm, log)
    survey_takes = seconds_to_first_trial(process, log)
    began = time.monotonic()
    codes = [ended(process, 300)]
    trial_takes = (time.monotonic() - began) / log.read_bytes().count(BEGINS)
    chance = random.Random(seed)
    in_trials = 0
    done = 0
    while done < kills:
        amid = chance.random() < 0.8
        seconds = chance.random() * (2 * trial_takes if amid else survey_takes)
        if killed(harassed, log, amid, seconds):
            done += 1
            in_trials += amid
    codes.append(ended(start(harassed, log), 300))
    return {"codes": codes, "kills": done, "in_trials": in_trials, "log": log.read_text()}


if __name__ == "__main__":
    told = json.loads(sys.stdin.read())
    print(json.dumps(main(told["kills"], told["seed"], told["calm"], told["harassed"], Path(told["folder"]))))

"""Real processes: Ctrl-C, a killed parent, a script without a main guard, a parent that stays light."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tiny_study import QUICK, ROOT, SMALL, command, leftovers, loss_plugin, started

posix_only = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
PATIENCE = 120


def wait_for(what: Path) -> str:
    """The text of a file that a worker is about to write."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if what.is_file() and (text := what.read_text()):
            return text
        time.sleep(0.05)
    raise AssertionError(f"{what} never came")


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{process}/stat").read_text().split(")")[1].split()[0] != "Z" if os.path.isdir("/proc") else True


def wait_for_end(process: int) -> None:
    until = time.monotonic() + PATIENCE
    while is_alive(process):
        assert time.monotonic() < until, f"process {process} lives on"
        time.sleep(0.05)


def wait_for_children(process: int, count: int) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        lines = subprocess.run(["ps", "-A", "-o", "ppid="], capture_output=True, text=True, check=True).stdout.split()
        if lines.count(str(process)) >= count:
            return
        time.sleep(0.02)
    raise AssertionError(f"process {process} has no {count} children")


@pytest.fixture
def waiting(tmp_path: Path) -> Path:
    """A plugin with two losses that wait, each once; the waiting worker writes its process id to the file `worker`
    (`workerToo`)."""
    return loss_plugin(tmp_path)


@posix_only
@pytest.mark.slow
def test_ctrl_c_keeps_what_has_ended_and_the_same_command_goes_on(waiting: Path, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    losses = [part for loss in ("calm", "waits", "waits-too") for part in ("--loss", loss)]
    asked = ["--encoder", "unet", *losses, "--predictor", "none", "--steps", "2", "--workers", "2"]
    first = started(command(*asked, runs=runs, plugins=(waiting,)))
    workers = [int(wait_for(tmp_path / name)) for name in ("worker", "workerToo")]
    os.killpg(first.pid, signal.SIGINT)
    _, errors = first.communicate(timeout=PATIENCE)
    assert first.returncode == 130
    assert "Traceback" not in errors
    assert "interrupted" in errors
    for worker in workers:
        wait_for_end(worker)
    results = sorted(json.loads(p.read_text())["status"] for p in runs.glob("*/*/result.json"))
    assert results == ["interrupted", "interrupted", "ok"]
    assert not leftovers(runs)

    # the same command: the losses wait only the first time
    again = started(command(*asked, "--json", runs=runs, plugins=(waiting,)))
    output, errors = again.communicate(timeout=PATIENCE)
    trials = json.loads(output)["trials"]
    assert "kept from before" in errors
    assert [t["label"] for t in trials] == [f"unet · depth {loss}" for loss in ("calm", "waits", "waits-too")]
    assert [t["status"] for t in trials] == ["ok", "ok", "ok"]
    assert again.returncode == 0


@posix_only
@pytest.mark.slow
def test_workers_end_when_their_parent_is_killed(waiting: Path, tmp_path: Path) -> None:
    asked = ["--encoder", "unet", "--loss", "waits", "--predictor", "none", "--steps", "2"]
    parent = started(command(*asked, runs=tmp_path / "runs", plugins=(waiting,)), stdout=None, stderr=None)
    worker = int(wait_for(tmp_path / "worker"))
    parent.kill()
    parent.wait(PATIENCE)
    wait_for_end(worker)
    assert not list((tmp_path / "runs").glob("*/*/result.json"))


@posix_only
@pytest.mark.slow
def test_ctrl_c_while_torch_is_being_loaded_is_quiet(tmp_path: Path) -> None:
    """Once the server has been started, which takes seconds to import it."""
    runs = tmp_path / "runs"
    process = started(command("--encoder", "unet", "--predictor", "none", "--steps", "2", runs=runs))
    wait_for_children(process.pid, 2)  # multiprocessing's resource tracker, and then the server
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=PATIENCE)
    assert "Traceback" not in errors
    assert process.returncode in (130, -signal.SIGINT)


@pytest.mark.slow
def test_a_script_needs_no_main_guard_and_its_process_stays_light(tmp_path: Path) -> None:
    script = tmp_path / "compare.py"
    script.write_text(
        "import sys, mdf\n"
        "print('the script runs')\n"
        f"quick = {QUICK!r}\n"
        f"report = mdf.benchmark(encoder='unet', predictor=[], steps=2, settings={SMALL!r}, runs='runs', **quick)\n"
        "print(report.to_markdown())\n"
        "print('heavy:', *sorted({'torch', 'timm', 'torchvision', 'numpy'} & set(sys.modules)))\n"
    )
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, str(script)], cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("the script runs") == 1
    assert "| unet" in done.stdout
    assert done.stdout.splitlines()[-1].strip() == "heavy:"
    assert list((tmp_path / "runs").glob("*/*/weights.safetensors"))

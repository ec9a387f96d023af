"""Studies of seconds: few, small scenes, a small network, an observer that writes down what it is told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import mdf
from mdf import api
from mdf.core.progress import Progress
from mdf.report.report import StudyReport
from mdf.runs.result import TrialResult

ROOT = Path(mdf.__file__).parents[1]
SCENES = ["data.train=24", "data.val=8", "data.test=8", "data.size=32"]
SMALL = [*SCENES, "encoder.width=4", "encoder.depth=2", "threads=1", "train.validations=2", 'device="cpu"']


QUICK = {"pictures": False, "costs": False, "force": True}
"""Neither pictures nor measured costs, and no memory foreseen: each takes a study seconds."""


class Diary:
    """An observer that remembers."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.finished: list[tuple[str, str, bool]] = []
        self.events: list[Progress] = []
        self.warnings: list[str] = []

    def began(self, label: str, number: int, total: int) -> None:  # noqa: ARG002
        if number:
            self.started.append(label)

    def progress(self, progress: Progress, number: int = 0) -> None:  # noqa: ARG002
        self.events.append(progress)

    def ended(self, result: TrialResult, kept: bool) -> None:
        self.finished.append((result.label, result.status, kept))

    def warned(self, message: str) -> None:
        self.warnings.append(message)


def study(runs: Path, diary: Diary | None = None, **keys: Any) -> StudyReport:
    """`mdf.benchmark` on tiny scenes; one cell of two steps unless `keys` say otherwise."""
    asked: dict[str, Any] = {
        "encoder": "unet",
        "predictor": [],
        "steps": 2,
        "settings": SMALL,
        **QUICK,
        **keys,
    }
    return api.benchmark(runs=runs, observer=diary or Diary(), **asked)


def command(*args: str, runs: Path, plugins: tuple[Path, ...] = (), settings: list[str] = SMALL) -> list[str]:
    """The command line of `mdf benchmark` on tiny scenes."""
    given = [part for plugin in plugins for part in ("-p", str(plugin))]
    options = [part for setting in settings for part in ("--set", setting)]
    quick = ["--no-pictures", "--no-costs", "--force"]
    return [sys.executable, "-m", "mdf", *given, "benchmark", *quick, "--runs", str(runs), *options, *args]


def started(arguments: list[str], **options: Any) -> subprocess.Popen[str]:
    """A process group of its own, as a shell starts a command."""
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(arguments, env=environ, text=True, start_new_session=True, **{**pipes, **options})


LOSS_PLUGIN = '''
import ctypes, os, signal, sys, time
from pathlib import Path
from mdf.core.component import ComponentConfig
from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec

NAMES = ("calm", "leaves", "killed", "exits", "crashes", "raises", "poison", "own-error", "waits", "waits-too", "fills")

@hookimpl
def mdf_losses():
    return [Spec(n, f"{__name__}:{n.title().replace('-', '')}", f"It {n}.", tasks=("depth",)) for n in NAMES]

def __getattr__(name):
    """The classes, made when asked for: importing this file must not import torch."""
    if name not in {n.title().replace("-", "") for n in NAMES}:
        raise AttributeError(name)
    from mdf.core.errors import DataError
    from mdf.core.loss import Loss, valid_mean

    class OwnError(DataError):
        """Made of other arguments than its base: a plain pickle could not rebuild it."""
        def __init__(self, *, place):
            super().__init__(f"the lens of {place} is dirty", "clean it")

    def do(name):
        if name == "Leaves": os._exit(3)
        if name == "Killed": os.kill(os.getpid(), signal.SIGKILL)
        if name == "Exits": raise SystemExit(4)
        if name == "Crashes": ctypes.string_at(0)
        if name == "Raises": raise KeyError("no such thing")
        if name == "OwnError": raise OwnError(place="camera 3")
        if name == "Fills": raise MemoryError
        if name.startswith("Waits") and not (note := Path(__file__).with_name("worker" + name[5:])).exists():
            note.write_text(str(os.getpid()))
            time.sleep(120)

    class Made(Loss):
        class Config(ComponentConfig):
            """No options."""
        def __call__(self, prediction, target, valid):
            do(name)
            return valid_mean((prediction - target).abs(), valid) * (float("nan") if name == "Poison" else 1.0)

    Made.__name__ = Made.__qualname__ = name
    return Made
'''


def loss_plugin(folder: Path, name: str = "ways_to_end") -> Path:
    """A plugin file with losses that end their process in every way."""
    path = folder / f"{name}.py"
    path.write_text(LOSS_PLUGIN)
    sys.modules.pop(name, None)  # that of another test in this process
    return path


def leftovers(runs: Path) -> list[Path]:
    """Files that were not finished."""
    return [path for path in runs.rglob("*") if path.name.endswith(".part")]

"""Losses that stop a training in the middle while a file is there, so that a test can do something meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

PATIENCE = 240
"""Seconds after which whatever is waited for is given up: a test fails then, and no other one waits for it."""
STEPS = 4
CHECKPOINTS = "train.validations=2"
"""With `STEPS` steps: one after the second, one after the last."""
PLUGIN = f"""
import os, time
from mdf.core.component import ComponentConfig
from mdf.core.hooks import hookimpl
from mdf.core.spec import Spec

NAMES = {{"pauses": "Pauses", "pauses-too": "PausesToo"}}

@hookimpl
def mdf_losses():
    return [Spec(name, f"{{__name__}}:{{made}}", "It pauses.", tasks=("depth",)) for name, made in NAMES.items()]

@hookimpl
def mdf_datasets():
    return [Spec("at-home", f"{{__name__}}:AtHome", "Scenes that a poor node lacks.")]

def __getattr__(name):
    from mdf.core.errors import DataError
    from mdf.core.loss import Loss, valid_mean
    from mdf.plugins.datasets.scenes.dataset import Scenes

    class AtHome(Scenes):
        def __init__(self, *arguments):
            if os.environ.get("MDF_TEST_POOR"):
                raise DataError("there is no folder /data/scenes", "copy it there")
            super().__init__(*arguments)

    class Pauses(Loss):
        steps = 0
        class Config(ComponentConfig):
            "No options."
        def __call__(self, prediction, target, valid):
            self.steps += prediction.requires_grad
            until = time.monotonic() + {PATIENCE}
            while self.steps == 3 and os.path.exists("$GATE"):
                if time.monotonic() > until:
                    raise TimeoutError("the gate was never opened")
                time.sleep(0.05)
            return valid_mean((prediction - target).abs(), valid) * self.weight

        weight = 1.0

    class PausesToo(Pauses):
        weight = 2.0

    made = {{"AtHome": AtHome, "Pauses": Pauses, "PausesToo": PausesToo}}
    if name not in made:
        raise AttributeError(name)
    return made[name]
"""


class Gate:
    """A file. While it is there, a training with the loss `pauses` or `pauses-too` stops in its third step.

    Attributes:
        plugin: the file that holds these losses, and the data `at-home`, which a machine with MDF_TEST_POOR lacks.
    """

    def __init__(self, folder: Path) -> None:
        self.file, self.plugin = folder / "gate", folder / "pausing_losses.py"
        self.plugin.write_text(PLUGIN.replace("$GATE", str(self.file)))

    def close(self) -> None:
        """From now on, trainings stop."""
        self.file.touch()

    def open(self) -> None:
        """Trainings go on."""
        self.file.unlink(missing_ok=True)


def wait_until(true: Callable[[], object]) -> None:
    """Return when `true()` is."""
    until = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < until, "it took too long"
        time.sleep(0.05)

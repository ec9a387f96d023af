"""Calls the life-cycle hooks of the plugins that follow a study, between the study and its observer. Torch-free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mdf.core.config import to_table
from mdf.core.lifecycle import Study, StudyEnd, Trial, TrialEnd, read_only
from mdf.core.progress import Epoch, Progress, Warned
from mdf.registry import Listener
from mdf.registry.listener import HookArgument
from mdf.runs.observer import Observer
from mdf.runs.result import TrialResult
from mdf.study.prepare import StudyTrial


class Followed:
    """An observer that calls every listener's life-cycle hooks, and passes on what it was told.

    A listener that fails is warned of once, and is not called again. Raises nothing but KeyboardInterrupt.
    """

    def __init__(self, study: Study, listeners: Sequence[Listener], observer: Observer) -> None:
        self.study, self.observer = study, observer
        self.listeners = list(listeners)
        self.trials = {trial.id: trial for trial in study.trials}

    def start(self) -> None:
        """The first trial is about to begin."""
        self._call("mdf_study_start")

    def began(self, label: str, number: int, total: int) -> None:
        """A trial begins."""
        self.observer.began(label, number, total)
        self._call("mdf_trial_start", trial=self.study.trials[number - 1])

    def progress(self, progress: Progress, number: int = 0) -> None:
        """A running trial makes progress."""
        self.observer.progress(progress, number)
        if isinstance(progress, Epoch):
            epoch = replace(progress, losses=read_only(progress.losses), scores=read_only(progress.scores))
            self._call("mdf_epoch_end", trial=self.study.trials[number - 1], epoch=epoch)
        elif isinstance(progress, Warned):
            self.warned(f"{self.study.trials[number - 1].label}: {progress.message}")

    def ended(self, result: TrialResult, kept: bool) -> None:
        """A trial has its result."""
        self.observer.ended(result, kept)
        trial = replace(self.trials[result.id], kept=kept)
        if kept:
            self._call("mdf_trial_start", trial=trial)
        self._call("mdf_trial_end", trial=trial, end=_end(result))

    def warned(self, message: str) -> None:
        """Something went wrong, and the study goes on."""
        self.observer.warned(message)

    def end(self, ok: bool, files: Sequence[Path]) -> None:
        """The report's files are written."""
        self._call("mdf_study_end", end=StudyEnd(ok, tuple(files)))

    def _call(self, hook: str, **arguments: HookArgument) -> None:
        for listener in tuple(self.listeners):
            fault = listener.call(hook, study=self.study, **arguments)
            if fault is not None:
                self.listeners.remove(listener)
                self.warned(
                    f"{fault.description}: `{hook}` failed: {fault.error}; it is not called again in this study"
                )


def study_of(trials: Sequence[StudyTrial], folder: Path) -> Study:
    """What listeners are told about a study before it runs."""
    public = (
        Trial(t.id, t.label, number, len(trials), read_only(to_table(t.cell.config)), t.folder)
        for number, t in enumerate(trials, start=1)
    )
    return Study(folder.name, folder, tuple(public))


def _end(result: TrialResult) -> TrialEnd:
    return TrialEnd(result.status, result.reason, read_only(result.scores), read_only(result.costs), result.best_step)

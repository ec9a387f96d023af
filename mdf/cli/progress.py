"""Progress on stderr: bars on a terminal, a line now and then elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from mdf.core import progress as events
from mdf.core.progress import Epoch, Stage, Step

if TYPE_CHECKING:
    from mdf.api import TrialResult


@dataclass(slots=True)
class _Running:
    """A running trial, or the only job, and its bar."""

    label: str
    bar: TaskID
    epoch: int = 0


class Watcher:
    """Shows the progress of a study: each running trial, its epoch, its losses, the time left."""

    def __init__(self, console: Console, bars: Progress) -> None:
        self.console, self.bars = console, bars
        self.trials: TaskID | None = None
        self.done = 0
        self.running: dict[int, _Running] = {}

    def began(self, label: str, number: int, total: int) -> None:
        """A trial (number from 1) begins, or the preparation (number 0)."""
        self._close(0)
        if number and self.trials is None:
            self.trials = self.bars.add_task("trials", total=total, completed=self.done, detail="")
        self.running[number] = _Running(label, self.bars.add_task(label, total=None, detail="starting"))
        if number and not self.console.is_terminal:
            self.console.print(f"trial {number} of {total}: {label}", markup=False, highlight=False)

    def progress(self, progress: events.Progress, number: int = 0) -> None:
        """A trial, or the only job, made progress."""
        running = self.running.get(number)
        if running is None:
            return
        if isinstance(progress, Stage):
            self.bars.update(running.bar, total=progress.total or None, completed=progress.done, detail=progress.name)
        elif isinstance(progress, Step):
            losses = "  ".join(f"{task} {loss:.3f}" for task, loss in progress.losses.items())
            detail = f"epoch {running.epoch + 1}  {losses}"
            self.bars.update(running.bar, total=progress.steps, completed=progress.step, detail=detail)
        elif isinstance(progress, Epoch):
            running.epoch = progress.number
            if progress.number and not self.console.is_terminal:
                scores = "  ".join(f"{key} {score:.3f}" for key, score in progress.scores.items())
                line = f"  {running.label}: epoch {progress.number}, step {progress.step}: {scores}"
                self.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def ended(self, result: TrialResult, kept: bool) -> None:
        """A trial has its result."""
        for number in [number for number, running in self.running.items() if running.label == result.label]:
            self._close(number)
        self.done += 1
        if self.trials is not None:
            self.bars.update(self.trials, completed=self.done)
        ending = "kept from before" if kept else result.status if result.ok else f"{result.status}: {result.reason}"
        self.console.print(f"{result.label}: {ending}", markup=False, highlight=False)

    def warned(self, message: str) -> None:
        """Something went wrong that does not affect the study."""
        self.console.print(f"warning: {message}", markup=False, highlight=False, soft_wrap=True)

    def _close(self, number: int) -> None:
        running = self.running.pop(number, None)
        if running is not None:
            self.bars.remove_task(running.bar)


@contextmanager
def watching() -> Iterator[Watcher]:
    """A watcher whose bars are gone when the block ends."""
    console = Console(stderr=True)
    bars = Progress(
        TextColumn("[bold]{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.completed:.0f}/{task.total}"),
        TextColumn("{task.fields[detail]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with bars:
        yield Watcher(console, bars)

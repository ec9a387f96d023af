"""The training loop: steps through the phases, validates at even distances, keeps the best epoch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

import torch
from torch import Tensor

from mdf.core.config import ExperimentConfig
from mdf.core.engine.freeze import train_mode
from mdf.core.engine.optimiser import adamw, rate
from mdf.core.errors import DivergedError
from mdf.core.events import Epoch, Event, Step
from mdf.core.model import Model
from mdf.core.objective import LossTerms, Objective
from mdf.core.prepare.augment import augment
from mdf.core.runtime import Runtime
from mdf.core.sample import Batch
from mdf.core.schedule import Phase

Report = Callable[[Event], None]
Validate = Callable[[], tuple[dict[str, float], float]]
Batches = Callable[[tuple[int, int], int], Iterator[Batch]]
TELL_EVERY = 10


@dataclass(frozen=True, slots=True)
class Trained:
    """What training leaves: the best epoch's weights are in the model already."""

    history: list[Epoch]
    best: Epoch
    seconds: float
    """Time of the training steps alone, validation apart."""


class Trainer:
    """Trains one model. `batches(size, steps)` gives CPU batches; `validate()` the scores and their selection."""

    def __init__(
        self,
        model: Model,
        objective: Objective,
        config: ExperimentConfig,
        runtime: Runtime,
        batches: Batches,
        validate: Validate,
        report: Report,
    ) -> None:
        self.model, self.objective, self.config, self.runtime = model, objective, config, runtime
        self.batches, self.validate, self.report = batches, validate, report
        self.optimiser = adamw(model, config.train)
        self.randomness = torch.Generator().manual_seed(config.seed)
        self.history: list[Epoch] = []
        self.weights: dict[str, Tensor] = {}
        self.losses: dict[str, list[Tensor]] = {}
        self.step = 0
        self.seconds = 0.0

    def fit(self, phases: Sequence[Phase]) -> Trained:
        """Go through `phases`; the model ends with the weights of the best epoch that may be chosen."""
        steps = sum(phase.steps for phase in phases)
        marks = _even_marks(steps, self.config.train.validations)
        trained: set[str] = set()
        self._close_epoch(eligible=False)
        for phase in phases:
            trained |= set(phase.learning)
            for batch in self.batches(phase.size, phase.steps):
                self._learn(batch, phase, steps)
                if self.step in marks:
                    self._close_epoch(eligible=trained >= set(self.model.tasks))
        best = max((e for e in self.history if e.eligible), key=lambda e: e.selection, default=self.history[-1])
        self.model.load_state_dict(self.weights)
        return Trained(self.history, best, self.seconds)

    def _learn(self, cpu_batch: Batch, phase: Phase, steps: int) -> None:
        """One optimiser step."""
        started = perf_counter()
        for group in self.optimiser.param_groups:
            group["lr"] = self.config.train.lr * rate(self.step, steps, self.config.train.warmup)
        train_mode(self.model, phase.frozen)
        batch = augment(cpu_batch.to(self.runtime.device), self.config.augment, self.objective.tasks, self.randomness)
        with self.runtime.autocast():
            logits = self.model(batch, phase.learning)
        terms = self.objective(logits, batch, phase.learning)
        self._check_finite(terms, cpu_batch)
        self.optimiser.zero_grad(set_to_none=True)
        terms.total.backward()  # type: ignore[no-untyped-call]
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.config.train.clip)
        if not torch.isfinite(norm):
            raise self._diverged("gradient of the loss", cpu_batch)
        self.optimiser.step()
        self.step += 1
        for task, loss in terms.tasks.items():
            self.losses.setdefault(task, []).append(loss)
        if self.step % TELL_EVERY == 0 or self.step == steps:
            self.report(Step(self.step, steps, {t: float(x) for t, x in terms.tasks.items()}))
        self.seconds += perf_counter() - started

    def _check_finite(self, terms: LossTerms, batch: Batch) -> None:
        if torch.isfinite(terms.total):
            return
        wrong = [task for task, loss in terms.tasks.items() if not torch.isfinite(loss)] or ["sum"]
        raise self._diverged(f"loss of `{wrong[0]}`", batch)

    def _diverged(self, what: str, batch: Batch) -> DivergedError:
        step, lower = self.step + 1, self.config.train.lr / 10
        return DivergedError(
            f"the {what} is not finite at step {step} (sample {batch.ids[0]} and {len(batch) - 1} more)",
            f"lower the learning rate: `--set train.lr={lower:g}`",
            step=step,
        )

    def _close_epoch(self, eligible: bool) -> None:
        """Score the validation split, keep the weights if they are the best that may be chosen."""
        scores, value = self.validate()
        losses = {task: float(torch.stack(values).mean()) for task, values in self.losses.items()}
        self.losses = {}
        epoch = Epoch(len(self.history), self.step, losses, scores, value, eligible)
        best = max((e.selection for e in self.history if e.eligible), default=float("-inf"))
        if not eligible or value > best:
            self.weights = {key: x.detach().clone() for key, x in self.model.state_dict().items()}
        self.history.append(epoch)
        self.report(epoch)


def _even_marks(steps: int, count: int) -> set[int]:
    """The steps after which the validation split is scored; the last step is one of them."""
    return {round(steps * (i + 1) / count) for i in range(count)} - {0}


def phases_fit(phases: Sequence[Phase], steps: int, tasks: Sequence[str]) -> Mapping[str, bool]:
    """Whether a schedule's phases keep their contract, by rule."""
    return {
        f"the phases' steps add up to {steps}": sum(p.steps for p in phases) == steps,
        "every task learns in some phase": {t for p in phases for t in p.learning} >= set(tasks),
        "every phase has a task to learn": all(p.learning for p in phases),
    }

"""The training loop: steps through the phases, validates at even distances, keeps the best epoch.

After each epoch a checkpoint is kept, from which another process goes on as if nothing had happened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from time import perf_counter

import torch
from torch import Tensor

from mdf.core.config import ExperimentConfig
from mdf.core.errors import DivergedError
from mdf.core.progress import Epoch, OnProgress, Stage, Step, Warned
from mdf.core.sample import Batch
from mdf.core.schedule import Phase
from mdf.engine.model import Model
from mdf.engine.objective import LossTerms, Objective
from mdf.engine.prepare.augment import augment
from mdf.engine.runtime import Runtime
from mdf.engine.teacher import Teacher
from mdf.engine.training import checkpoint
from mdf.engine.training.average import Average
from mdf.engine.training.checkpoint import Checkpoint, Checkpointer
from mdf.engine.training.freeze import train_mode
from mdf.engine.training.optimiser import adamw, rate
from mdf.engine.training.parts import is_out_of_memory, parts_of

Scores = Mapping[str, float]
TELL_EVERY = 10


@dataclass(frozen=True, slots=True)
class TrainerCallbacks:
    """Where a trainer's batches and scores come from.

    Attributes:
        batches: `batches(size, steps, skip)` gives the next `steps` training batches at `size`, on the CPU, after
            `skip` that are passed over.
        validate: the scores of the model as it is, on the validation split.
        select: `select(scores, untrained)` is what an epoch is chosen by: the more the better.
    """

    batches: Callable[[tuple[int, int], int, int], Iterator[Batch]]
    validate: Callable[[], dict[str, float]]
    select: Callable[[Scores, Scores], float]


@dataclass(frozen=True, slots=True)
class Trained:
    """What training leaves: the best epoch's weights are in the model already."""

    history: list[Epoch]
    best: Epoch
    seconds: float
    """Time of the training steps alone, validation apart."""
    micro_batch: int
    """Samples that were computed at once."""
    waited: float
    """Seconds that steps waited for their batch."""


class Trainer:
    """Trains one model; goes on from the checkpoint of an earlier process where `keeper` has one."""

    def __init__(
        self,
        model: Model,
        objective: Objective,
        config: ExperimentConfig,
        runtime: Runtime,
        lessons: TrainerCallbacks,
        on_progress: OnProgress,
        keeper: Checkpointer | None = None,
        teacher: Teacher | None = None,
    ) -> None:
        self.model, self.objective, self.config, self.runtime = model, objective, config, runtime
        self.lessons, self.on_progress, self.keeper, self.teacher = lessons, on_progress, keeper, teacher
        self.balance = objective.balance.to(runtime.device)
        self.optimiser = adamw(model, config.train, self.balance.parameters())
        self.average = Average(model, config.train.ema) if config.train.ema else None
        self.randomness = torch.Generator().manual_seed(config.seed)
        self.history: list[Epoch] = []
        self.weights: dict[str, Tensor] = {}
        self.losses: dict[str, list[Tensor]] = {}
        self.step = 0
        self.seconds = self.waited = 0.0
        self.micro_batch = -(-config.train.batch_size // config.train.accumulate)

    def fit(self, phases: Sequence[Phase]) -> Trained:
        """Go through `phases`; the model ends with the weights of the best epoch that may be chosen."""
        steps = sum(phase.steps for phase in phases)
        marks = _even_marks(steps, self.config.train.validations)
        trained: set[str] = set()
        self._resume()
        skip = self.step
        if not self.history:
            self._close_epoch(eligible=False)
        end = 0
        for phase in phases:
            trained |= set(phase.learning)
            end += phase.steps
            if end <= self.step:
                continue
            for batch in self._awaited(self.lessons.batches(phase.size, end - self.step, skip)):
                self._learn(batch, phase, steps)
                if self.step in marks:
                    self._close_epoch(eligible=trained >= set(self.model.tasks))
            skip = 0
        best = max((e for e in self.history if e.eligible), key=lambda e: e.selection, default=self.history[-1])
        self.model.load_state_dict(self.weights)
        return Trained(self.history, best, self.seconds, self.micro_batch, self.waited)

    def _awaited(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """The same batches; how long each was waited for is added up."""
        while True:
            started = perf_counter()
            batch = next(batches, None)
            self.waited += perf_counter() - started
            if batch is None:
                return
            yield batch

    def _learn(self, cpu_batch: Batch, phase: Phase, steps: int) -> None:
        """One optimiser step."""
        started = perf_counter()
        for group in self.optimiser.param_groups:
            group["lr"] = self.config.train.lr * rate(self.step, steps, self.config.train.warmup)
        train_mode(self.model, phase.frozen)
        batch = augment(cpu_batch.to(self.runtime.device), self.config.augment, self.objective.tasks, self.randomness)
        losses = self._gradients(batch, phase)
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.config.train.clip)
        if not torch.isfinite(norm):
            raise self._diverged("gradient of the loss", cpu_batch)
        self.optimiser.step()
        self.step += 1
        self.balance.observe(losses)
        if self.average is not None:
            self.average.update(self.model, self.step)
        for task, loss in losses.items():
            self.losses.setdefault(task, []).append(loss)
        if self.step % TELL_EVERY == 0 or self.step == steps:
            self.on_progress(Step(self.step, steps, {t: float(x) for t, x in losses.items()}))
        self.seconds += perf_counter() - started

    def _gradients(self, batch: Batch, phase: Phase) -> dict[str, Tensor]:
        """The batch's gradients, and its losses by task; in smaller parts from now on where memory does not suffice.

        A part that failed has moved batch-norm statistics by its own: once, at the step that found the limit.
        """
        while True:
            try:
                return self._backward(batch, phase)
            except Exception as error:
                if self.micro_batch == 1 or not is_out_of_memory(error):
                    raise
            # only here is what the failed part held free again
            whole = min(self.micro_batch, len(batch))
            self.micro_batch = -(-whole // 2)
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
            pooled = self.objective.non_decomposable(phase.learning)
            changed = f"; {' and '.join(pooled)}, no mean over pixels, is then the mean of the parts'" if pooled else ""
            self.on_progress(
                Warned(
                    f"out of memory with {whole} samples at once: from step {self.step + 1} on a batch of "
                    f"{len(batch)} is computed in parts of {self.micro_batch}{changed}"
                )
            )

    def _backward(self, batch: Batch, phase: Phase) -> dict[str, Tensor]:
        """Forward and backward of each part of the batch."""
        self.optimiser.zero_grad(set_to_none=True)
        losses: dict[str, Tensor] = {}
        for part, share in parts_of(batch, self.micro_batch, phase.learning):
            with self.runtime.autocast():
                logits = self.model(part, phase.learning)
                advice = self.teacher(part, phase.learning) if self.teacher else None
            terms = self.objective(logits, part, phase.learning, share, advice)
            del logits, advice  # the backward pass, when most is held, runs without them
            self._check_finite(terms, batch)
            terms.total.backward()  # type: ignore[no-untyped-call]
            losses = {task: loss + losses[task] if task in losses else loss for task, loss in terms.tasks.items()}
        return losses

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
        with self.average.in_place_of(self.model) if self.average else nullcontext():
            scores = self.lessons.validate()
            value = self.lessons.select(scores, self.history[0].scores if self.history else scores)
            best = max((e.selection for e in self.history if e.eligible), default=float("-inf"))
            if not eligible or value > best:
                self.weights = {key: x.detach().clone() for key, x in self.model.state_dict().items()}
        losses = {task: float(torch.stack(values).mean()) for task, values in self.losses.items()}
        self.losses = {}
        epoch = Epoch(len(self.history), self.step, losses, scores, value, eligible)
        self.history.append(epoch)
        if self.keeper is not None and self.step:
            self.keeper.save(self._checkpoint())
        self.on_progress(epoch)

    def _checkpoint(self) -> Checkpoint:
        """Everything that the next step depends on."""
        random, generators = checkpoint.random_states(self.runtime.device)
        tensors = checkpoint.grouped(
            model=self.model.state_dict(),
            best=self.weights,
            average=self.average.weights if self.average else {},
            balance=self.balance.state_dict(),
            optimiser=checkpoint.optimiser_tensors(self.optimiser),
            random={**random, "augment": self.randomness.get_state()},
        )
        facts = {
            "step": self.step,
            "seconds": self.seconds,
            "waited": self.waited,
            "micro_batch": self.micro_batch,
            "history": [asdict(epoch) for epoch in self.history],
            "generators": generators,
        }
        return Checkpoint(tensors, facts)

    def _resume(self) -> None:
        """Take over the state of an earlier process, and tell its epochs again."""
        found = self.keeper.load() if self.keeper else None
        if found is None:
            return
        self.model.load_state_dict(found.group("model"))
        self.weights = found.group("best")
        if self.average is not None:
            self.average.restore(found.group("average"))
        self.balance.load_state_dict(found.group("balance"))
        checkpoint.restore_optimiser(self.optimiser, found.group("optimiser"))
        random = found.group("random")
        self.randomness.set_state(random["augment"])
        checkpoint.restore_random_states(self.runtime.device, random, found.facts["generators"])
        self.step = found.facts["step"]
        self.seconds, self.waited = found.facts["seconds"], found.facts["waited"]
        self.micro_batch = found.facts["micro_batch"]
        self.history = [Epoch(**epoch) for epoch in found.facts["history"]]
        self.on_progress(Stage(f"going on from step {self.step}"))
        for epoch in self.history:
            self.on_progress(epoch)


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

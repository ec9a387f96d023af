"""The training loop: steps through the phases, validates at even distances, keeps the best epoch.

After each epoch it saves a checkpoint, from which another process continues to the same result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from time import perf_counter

import torch
from torch import Tensor

from mdf.core.config import ExperimentConfig
from mdf.core.progress import Epoch, OnProgress, Stage, Step, Warned
from mdf.core.sample import Batch
from mdf.core.schedule import Phase
from mdf.engine.model import Model
from mdf.engine.objective import Objective
from mdf.engine.prepare.augment import Part, augment
from mdf.engine.replay import Replayed, replayed_on
from mdf.engine.runtime import Runtime
from mdf.engine.teacher import Teacher
from mdf.engine.training import checkpoint
from mdf.engine.training.average import Average
from mdf.engine.training.checkpoint import Checkpoint, Checkpointer
from mdf.engine.training.finite import Finiteness
from mdf.engine.training.freeze import train_mode
from mdf.engine.training.gradients import Gradients
from mdf.engine.training.micro_batches import FitsEverywhere, fits_here
from mdf.engine.training.optimiser import adamw, rate, set_rate
from mdf.engine.training.team import ALONE, Team, buffers_of, told_tensors

Scores = Mapping[str, float]
TELL_EVERY = 10
NORM = "norm of the gradient"
"""Its place among the losses by task. No task has such a name: theirs have no spaces."""


@dataclass(frozen=True, slots=True)
class TrainerCallbacks:
    """What a trainer asks of its caller.

    Attributes:
        batches: `batches(size, steps, skip)` gives the next `steps` training batches at `size` (height, width), on the
            CPU, after it has skipped `skip` of them.
        validate: the scores of the model as it is, on the validation split.
        select: `select(scores, untrained)` gives the number by which an epoch is chosen; more is better.
        fits_everywhere: how several processes agree that a batch fitted the memory of all of them.
        team: the processes that train together. `batches` gives this one's part of each batch.
    """

    batches: Callable[[tuple[int, int], int, int], Iterator[Batch]]
    validate: Callable[[], dict[str, float]]
    select: Callable[[Scores, Scores], float]
    fits_everywhere: FitsEverywhere = fits_here
    team: Team = ALONE


@dataclass(frozen=True, slots=True)
class Trained:
    """What training leaves; the best epoch's weights are in the model.

    Attributes:
        history, best: the epochs, and the chosen one.
        seconds: the time of the training steps, without validation.
        micro_batch: samples that were computed at once at the end.
        waited: seconds that steps waited for their batch.
    """

    history: list[Epoch]
    best: Epoch
    seconds: float
    micro_batch: int
    waited: float


class Trainer:
    """Trains one model; continues from the checkpoint of an earlier process if `checkpointer` has one."""

    def __init__(
        self,
        model: Model,
        objective: Objective,
        config: ExperimentConfig,
        runtime: Runtime,
        callbacks: TrainerCallbacks,
        on_progress: OnProgress,
        checkpointer: Checkpointer | None = None,
        teacher: Teacher | None = None,
    ) -> None:
        self.model, self.objective, self.config, self.runtime = model, objective, config, runtime
        self.callbacks, self.on_progress, self.checkpointer = callbacks, on_progress, checkpointer
        self.balance = objective.balance.to(runtime.device)
        self.optimiser = adamw(model, config.train, self.balance.parameters())
        self.average = Average(model, config.train.ema) if config.train.ema else None
        self.finite = Finiteness(config.train.lr)
        self.randomness = torch.Generator().manual_seed(config.seed)
        self.history: list[Epoch] = []
        self.weights: dict[str, Tensor] = {}
        self.losses: dict[str, list[Tensor]] = {}
        self.step = 0
        self.seconds = self.waited = 0.0
        self.replayed = self._recorder() if config.train.graphs else None
        self.gradients = Gradients(
            model,
            objective,
            self.optimiser,
            config.train,
            runtime,
            on_progress,
            callbacks.fits_everywhere,
            teacher,
            callbacks.team,
        )

    def _recorder(self) -> Replayed | None:
        """What records steps; None, and a line, where nothing can."""

        def warn(reason: str) -> None:
            self.on_progress(Warned(f"`train.graphs = true`: a training step {reason}"))

        if self.callbacks.team.count > 1:
            warn("that several processes share is done as it is")
            return None
        return replayed_on(self.runtime.device, warn)

    def fit(self, phases: Sequence[Phase]) -> Trained:
        """Train through all `phases`; the model ends with the weights of the best epoch that may be chosen.

        Where the callback's batches end before the steps of the phases do, training ends there.
        """
        steps = sum(phase.steps for phase in phases)
        marks = _even_marks(steps, self.config.train.validations)
        trained: set[str] = set()
        self._resume()
        self._same_everywhere()
        skip = self.step
        if not self.history:
            self._close_epoch(eligible=False)
        end = 0
        for phase in phases:
            trained |= set(phase.learning)
            end += phase.steps
            if end <= self.step:
                continue
            for batch in self._awaited(self.callbacks.batches(phase.size, end - self.step, skip)):
                with self.finite.explains():
                    self._learn(batch, phase, steps)
                if self.step in marks:
                    self._close_epoch(eligible=trained >= set(self.model.tasks))
            skip = 0
        if self.step < steps:
            self._close_epoch(eligible=trained >= set(self.model.tasks))
        best = max((e for e in self.history if e.eligible), key=lambda e: e.selection, default=self.history[-1])
        self.model.load_state_dict(self.weights)
        return Trained(self.history, best, self.seconds, self.gradients.micro_batch, self.waited)

    def _awaited(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """The same batches; adds up how long each was waited for."""
        while True:
            started = perf_counter()
            batch = next(batches, None)
            self.waited += perf_counter() - started
            if batch is None:
                return
            yield batch

    def _learn(self, cpu_batch: Batch, phase: Phase, steps: int) -> None:
        """One optimiser step. It reads nothing from the device, so that a GPU never waits for it; see `Finiteness`."""
        started = perf_counter()
        set_rate(self.optimiser, self.config.train.lr * rate(self.step, steps, self.config.train.warmup))
        train_mode(self.model, phase.frozen, self.config.train.norms == "frozen")
        device_batch = cpu_batch.to(self.runtime.device)
        batch = augment(device_batch, self.config.augment, self.objective.tasks, self.randomness, self._part(cpu_batch))
        losses, norm = self._updated(batch, phase)
        self.step += 1
        self.finite.add(self.step, cpu_batch, losses, norm)
        self.balance.observe(losses)
        if self.average is not None:
            self.average.update(self.model, self.step)
        for task, loss in losses.items():
            self.losses.setdefault(task, []).append(loss)
        if self.step % TELL_EVERY == 0 or self.step == steps:
            self.finite.look()
            self.on_progress(Step(self.step, steps, {t: float(x) for t, x in losses.items()}))
        self.seconds += perf_counter() - started

    def _updated(self, batch: Batch, phase: Phase) -> tuple[dict[str, Tensor], Tensor]:
        """What `_update` does and returns, replayed where that is asked for."""
        if self.replayed is None:
            return self._update(batch, phase)
        kind = (tuple(phase.learning), tuple(phase.frozen), self.gradients.micro_batch)

        def work(tensors: Sequence[Tensor]) -> dict[str, Tensor]:
            losses, norm = self._update(batch.holding(tensors), phase)
            return {**losses, NORM: norm}

        results = dict(self.replayed(kind, batch.tensors, work))
        return results, results.pop(NORM)

    def _update(self, batch: Batch, phase: Phase) -> tuple[dict[str, Tensor], Tensor]:
        """Change the weights by the gradients of `batch`: its losses by task, and the norm of all gradients."""
        losses = self.gradients.compute(batch, phase, self.step + 1)
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.config.train.clip)
        self.optimiser.step()
        return losses, norm

    def _close_epoch(self, eligible: bool) -> None:
        """Score the validation split; keep the weights if they are the best that may be chosen."""
        self.finite.look()
        with self.average.in_place_of(self.model) if self.average else nullcontext():
            scores = self._validated()
            value = self.callbacks.select(scores, self.history[0].scores if self.history else scores)
            best = max((e.selection for e in self.history if e.eligible), default=float("-inf"))
            if not eligible or value > best:
                self.weights = {key: x.detach().clone() for key, x in self.model.state_dict().items()}
        losses = {task: float(torch.stack(values).mean()) for task, values in self.losses.items()}
        self.losses = {}
        epoch = Epoch(len(self.history), self.step, losses, scores, value, eligible)
        self.history.append(epoch)
        if self.checkpointer is not None and self.step:
            self.checkpointer.save(self._checkpoint())
        self._same_everywhere()
        self.on_progress(epoch)

    def _validated(self) -> dict[str, float]:
        """The first process' scores."""
        team = self.callbacks.team
        told = team.tell(self.callbacks.validate() if team.rank == 0 else None)
        assert isinstance(told, dict)
        return {key: float(score) for key, score in told.items()}

    def _part(self, batch: Batch) -> Part | None:
        """Which part of the whole batch this is; None if it is all of it."""
        team = self.callbacks.team
        if team.count == 1:
            return None
        samples = torch.tensor(len(batch))
        team.add([samples])
        return Part(team.rows(int(samples)), int(samples))

    def _same_everywhere(self) -> None:
        """Give every process the first one's batch-norm statistics, and others than the first their own random numbers.

        What a process computes then depends on the checkpoint alone, and not on when it was started.
        """
        team = self.callbacks.team
        if team.count > 1:
            team.copy([*self.model.parameters(), *buffers_of(self.model)])
            if team.rank:
                torch.manual_seed(hash((self.config.seed, self.step, team.rank)) % 2**63)

    def _checkpoint(self) -> Checkpoint:
        """The state that the next step depends on."""
        random, generators = checkpoint.random_states(self.runtime.device)
        tensors = checkpoint.grouped(
            model=self.model.state_dict(),
            best=self.weights,
            average=self.average.weights if self.average else {},
            balance=self.balance.state_dict(),
            optimiser=checkpoint.optimiser_tensors(self.optimiser),
            random={**random, "augment": self.randomness.get_state()},
        )
        facts: checkpoint.Facts = {
            "step": self.step,
            "seconds": self.seconds,
            "waited": self.waited,
            "micro_batch": self.gradients.micro_batch,
            "history": [checkpoint.epoch_facts(epoch) for epoch in self.history],
            "generators": generators,
        }
        return Checkpoint(tensors, facts)

    def _resume(self) -> None:
        """Take over the state of an earlier process, and report its epochs again."""
        saved = self._saved()
        if saved is None:
            return
        self.model.load_state_dict(saved.group("model"))
        self.weights = saved.group("best")
        if self.average is not None:
            self.average.restore(saved.group("average"))
        self.balance.load_state_dict(saved.group("balance"))
        checkpoint.restore_optimiser(self.optimiser, saved.group("optimiser"))
        random = saved.group("random")
        self.randomness.set_state(random["augment"])
        checkpoint.restore_random_states(self.runtime.device, random, saved.facts["generators"])
        self.step = saved.facts["step"]
        self.seconds, self.waited = saved.facts["seconds"], saved.facts["waited"]
        self.gradients.micro_batch = min(self.gradients.micro_batch, saved.facts["micro_batch"])
        self.history = [Epoch(**epoch) for epoch in saved.facts["history"]]
        self.on_progress(Stage(f"continuing from step {self.step}"))
        for epoch in self.history:
            self.on_progress(epoch)

    def _saved(self) -> Checkpoint | None:
        """The checkpoint that the first process has, in every process."""
        team = self.callbacks.team
        saved = self.checkpointer.load() if self.checkpointer else None
        if team.count == 1:
            return saved
        facts = team.tell(None if saved is None else dict(saved.facts))  # type: ignore[arg-type]
        if facts is None:
            return None
        return Checkpoint(told_tensors(team, None if saved is None else saved.tensors), facts)  # type: ignore[arg-type]


def _even_marks(steps: int, count: int) -> set[int]:
    """The steps after which the validation split is scored; the last step is one of them."""
    return {round(steps * (i + 1) / count) for i in range(count)} - {0}

"""The gradients of one training batch, computed in as many parts as memory needs."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

import torch
from torch import Tensor

from mdf.core.config import Train
from mdf.core.progress import OnProgress, Warned
from mdf.core.recompute import sparing
from mdf.core.sample import Batch
from mdf.core.schedule import Phase
from mdf.engine.model import Model
from mdf.engine.objective import Objective
from mdf.engine.replay import is_recording
from mdf.engine.runtime import Runtime
from mdf.engine.teacher import Teacher
from mdf.engine.training.micro_batches import (
    FitsEverywhere,
    Whole,
    averaged_losses,
    is_out_of_memory,
    micro_batches,
    whole_of,
)
from mdf.engine.training.team import ALONE, Team


class Gradients:
    """Computes the gradients of batches.

    Attributes:
        micro_batch: samples that are computed at once.
        recomputes: whether maps are computed again in the backward pass instead of kept.
    """

    def __init__(
        self,
        model: Model,
        objective: Objective,
        optimiser: torch.optim.Optimizer,
        settings: Train,
        runtime: Runtime,
        on_progress: OnProgress,
        fits_everywhere: FitsEverywhere,
        teacher: Teacher | None,
        team: Team = ALONE,
    ) -> None:
        self.team = team
        self.model, self.objective, self.optimiser = model, objective, optimiser
        self.settings, self.runtime, self.on_progress = settings, runtime, on_progress
        self.fits_everywhere, self.teacher = fits_everywhere, teacher
        own = -(-settings.batch_size // team.count)
        self.micro_batch = -(-own // settings.accumulate)
        self.recomputes = settings.recompute == "on" and not settings.compile  # a compiler decides by itself

    def compute(self, batch: Batch, phase: Phase, step: int) -> dict[str, Tensor]:
        """Leave the gradients of `batch` (augmented, on its device) in the parameters; returns its losses by task.

        If memory does not suffice, here or in another process that trains this model, the batch is computed again in
        smaller parts, and so is every later one. A part that failed has updated batch-norm statistics once more.
        """
        whole = self._whole(batch, phase)
        while True:
            losses = self._attempt(batch, whole, phase)
            if self.fits_everywhere(losses is not None) and losses is not None:
                return self._summed(losses)
            if self.micro_batch == 1:
                raise MemoryError("another process ran out of memory with one sample at once")
            self._halve(-(-whole.samples // self.team.count) if whole else len(batch), phase, step)

    def _whole(self, batch: Batch, phase: Phase) -> Whole | None:
        """The batch that this process has a part of; None if it has all of it."""
        if self.team.count == 1:
            return None
        own = whole_of(batch, phase.learning)
        samples = torch.tensor(len(batch), device=batch.bg.device)
        self.team.add([samples, *own.pixels.values()])
        return replace(own, samples=int(samples))

    def _summed(self, losses: dict[str, Tensor]) -> dict[str, Tensor]:
        """The losses of the whole batch; its gradients are in the parameters."""
        if self.team.count == 1:
            return losses
        parameters = (parameter for group in self.optimiser.param_groups for parameter in group["params"])
        self.team.add([*losses.values(), *(p.grad for p in parameters if p.grad is not None)])
        return losses

    def _attempt(self, batch: Batch, whole: Whole | None, phase: Phase) -> dict[str, Tensor] | None:
        """The batch's losses by task; None if memory did not suffice. What a failed attempt held is then free again."""
        try:
            return self._backward(batch, whole, phase)
        except Exception as error:
            if is_recording() or not is_out_of_memory(error):
                raise
            if self.micro_batch == 1:
                self.fits_everywhere(False)  # the other processes wait for the answer
                raise
            return None

    def _halve(self, samples: int, phase: Phase, step: int) -> None:
        """Compute batches of `samples` in smaller parts from now on."""
        whole = min(self.micro_batch, samples)
        self.micro_batch = -(-whole // 2)
        if torch.device(self.runtime.device).type == "cuda":
            torch.cuda.empty_cache()
        averaged = averaged_losses(self.objective, phase.learning)
        self.on_progress(
            Warned(
                f"out of memory with {whole} samples at once: from step {step} on a batch of {samples} is computed in "
                f"parts of {self.micro_batch}{averaged and f'; {averaged}'}"
            )
        )

    def _backward(self, batch: Batch, whole: Whole | None, phase: Phase) -> dict[str, Tensor]:
        """Forward and backward of each part of the batch."""
        self.optimiser.zero_grad(set_to_none=True)
        losses: dict[str, Tensor] = {}
        for part, share in micro_batches(batch, self.micro_batch, phase.learning, whole):
            with self.runtime.autocast():
                with sparing() if self.recomputes else nullcontext():
                    logits = self.model(part, phase.learning)
                advice = self.teacher(part, phase.learning) if self.teacher else None
            terms = self.objective(logits, part, phase.learning, share, advice)
            del logits, advice  # the backward pass, when most is held, runs without them
            terms.total.backward()  # type: ignore[no-untyped-call]
            losses = {task: loss + losses[task] if task in losses else loss for task, loss in terms.tasks.items()}
        return losses

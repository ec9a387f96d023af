"""Notices losses and gradients that are not finite, without waiting for the device in every step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

from mdf.core.errors import DivergedError
from mdf.core.sample import Batch


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a step computed: scalars on its device, by what they are called in a message."""

    step: int
    first: str
    others: int
    values: Mapping[str, Tensor]


class Finiteness:
    """Keeps the losses and the gradient's norm of the last steps on their device, until somebody looks at them.

    A number is read from a GPU only when all work before it is done. A look at ten steps waits once instead of ten
    times. What is learned after a value that is not finite is lost anyway, so that nothing has to hurry.
    """

    def __init__(self, lr: float) -> None:
        self.lr = lr
        self._seen: list[_Seen] = []

    def add(self, step: int, batch: Batch, losses: Mapping[str, Tensor], norm: Tensor) -> None:
        """Keep what `step` (from 1) computed for `batch`: scalars, on any device."""
        values = {**{f"loss of `{task}`": loss for task, loss in losses.items()}, "gradient of the loss": norm}
        self._seen.append(_Seen(step, batch.ids[0], len(batch) - 1, values))

    def look(self) -> None:
        """Raises DivergedError, naming the first step with a value that is not finite. Forgets the steps before."""
        seen, self._seen = self._seen, []
        if not seen:
            return
        finite = (
            torch.stack([value.detach().float() for of in seen for value in of.values.values()]).isfinite().tolist()
        )
        names = [(of, name) for of in seen for name in of.values]
        for (of, name), fine in zip(names, finite, strict=True):
            if not fine:
                raise DivergedError(
                    f"the {name} is not finite at step {of.step} (sample {of.first} and {of.others} more)",
                    f"lower the learning rate: `--set train.lr={self.lr / 10:g}`",
                    step=of.step,
                )

    @contextmanager
    def explains(self) -> Iterator[None]:
        """An error inside the block is told as the divergence before it, where there is one."""
        try:
            yield
        except Exception:
            self.look()
            raise

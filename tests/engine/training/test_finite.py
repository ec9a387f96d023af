"""A training step reads nothing from its device, so that a GPU never waits for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import torch
from blobs import RUNTIME, blob_config, blob_parts
from steps import WITHOUT_READS, parts_of
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from mdf.core.errors import DivergedError
from mdf.core.loss import Loss
from mdf.engine import flow
from mdf.engine import runtime as machine
from mdf.engine.training import train
from mdf.engine.training.finite import Finiteness

READS = {"_local_scalar_dense", "item", "nonzero", "masked_select", "equal", "is_nonzero", "_unique2", "bincount"}
"""Operations whose result the CPU needs before it can go on: a number, or the size of their output."""


class NothingIsRead(TorchDispatchMode):
    """Refuses operations after which a GPU would have to be waited for."""

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        name = func.overloadpacket.__name__
        masks = [x for x in (args[1] if name in ("index", "index_put_", "index_put") else ()) if x is not None]
        if name in READS or any(x.dtype == torch.bool for x in masks):
            raise AssertionError(f"a training step calls `{name}`")
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("changes", WITHOUT_READS, ids=str)
def test_a_step_reads_nothing_from_its_device(changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """With every loss, every balance, and parts of a batch."""
    config, parts = parts_of(changes)
    computed: list[int] = []
    compute, observe = train.Gradients.compute, type(parts.objective.balance).observe  # type: ignore[union-attr]

    def watched(self: train.Gradients, *args: Any) -> Any:
        with NothingIsRead():
            computed.append(1)
            return compute(self, *args)

    def observed(self: Any, losses: Mapping[str, Tensor]) -> None:
        with NothingIsRead():
            observe(self, losses)

    monkeypatch.setattr(train.Gradients, "compute", watched)
    monkeypatch.setattr(type(parts.objective.balance), "observe", observed)  # type: ignore[union-attr]
    flow.run(parts, config, machine.resolve(config), lambda _: None)
    assert len(computed) == 2


def test_the_mode_refuses_what_it_is_for() -> None:
    numbers = torch.arange(4.0)
    reads: list[Callable[[], object]] = [
        numbers.sum().item,
        lambda: bool(numbers.any()),
        lambda: numbers[numbers > 1],
        lambda: (numbers > 1).nonzero(),
    ]
    for read in reads:
        with pytest.raises(AssertionError, match="a training step calls"), NothingIsRead():
            read()


def test_the_first_step_that_is_not_finite_is_named() -> None:
    finiteness = Finiteness(lr=0.01)
    batch = blob_parts().dataset.read([3, 4])
    fine, infinite = torch.tensor(1.0), torch.tensor(float("inf"))
    finiteness.look()
    finiteness.add(1, batch, {"mask": fine, "depth": fine}, fine)
    finiteness.add(2, batch, {"mask": fine, "depth": fine}, infinite)
    finiteness.add(3, batch, {"mask": infinite, "depth": fine}, infinite)
    with pytest.raises(DivergedError, match=r"the gradient of the loss is not finite at step 2 \(sample blob-3 and 1"):
        finiteness.look()
    finiteness.look()  # it was told


class Brittle(Loss):
    """NaN at first, and then an error because of it."""

    calls = 0

    def __call__(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:  # noqa: ARG002
        self.calls += 1
        if self.calls > 1:
            raise ValueError("matrix contains invalid entries")
        return prediction.sum() * float("nan")


def test_what_fails_because_of_it_is_told_as_the_divergence() -> None:
    parts = blob_parts(losses={"depth": Brittle(Loss.Config())})
    with pytest.raises(DivergedError, match="loss of `depth` is not finite at step 1"):
        flow.run(parts, blob_config(), RUNTIME, lambda _: None)

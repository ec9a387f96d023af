"""Checks of every kind of network part: gradients, determinism, the weights file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import TypeVar

import torch
from safetensors.torch import load, save
from torch import Tensor, nn

from mdf.testing.compare import Tensors, close, equal, finite, numbered, require
from mdf.testing.subject import AnySubject

SubjectT = TypeVar("SubjectT", bound=AnySubject)


@dataclass(frozen=True)
class Network:
    """How one kind of part is built and run.

    `build(seed)` gives a module, `inputs(count, seed)` a batch for it, `run` its output by name.
    """

    build: Callable[[int], nn.Module]
    inputs: Callable[[int, int], list[Tensor]]
    run: Callable[[nn.Module, Sequence[Tensor]], Tensors]

    def in_eval(self, module: nn.Module, inputs: Sequence[Tensor]) -> Tensors:
        """A copy of its output in `eval` mode."""
        module.eval()
        with torch.no_grad():
            return {name: tensor.clone() for name, tensor in self.run(module, inputs).items()}


def for_network(of: Callable[[SubjectT], Network]) -> tuple[Callable[[SubjectT], None], ...]:
    """The checks below for one kind; `of` says how its parts are built and run."""

    def bound(check: Callable[[Network], None]) -> Callable[[SubjectT], None]:
        @wraps(check)
        def run(subject: SubjectT) -> None:
            check(of(subject))

        return run

    return tuple(bound(check) for check in CHECKS)


def gradients_reach_every_parameter(network: Network) -> None:
    """In training every trainable parameter gets a gradient, and a finite one."""
    module = network.build(0).train()
    outputs = network.run(module, network.inputs(2, 0))
    weighted = [(x.float() * torch.rand_like(x, dtype=torch.float32)).sum() for x in outputs.values()]
    torch.stack(weighted).sum().backward()  # type: ignore[no-untyped-call]
    for name, parameter in module.named_parameters():
        if parameter.requires_grad:
            require(parameter.grad is not None, f"no gradient reaches `{name}`")
            assert parameter.grad is not None
            finite(parameter.grad, f"the gradient of `{name}`")


def eval_is_deterministic(network: Network) -> None:
    """In `eval` mode the same input gives the same bits, whatever ran before and whatever the random state."""
    module, inputs = network.build(0), network.inputs(2, 0)
    first = network.in_eval(module, inputs)
    state = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    torch.manual_seed(1)
    network.in_eval(module, network.inputs(1, 1))
    equal(network.in_eval(module, inputs), first, "the second time")
    equal(module.state_dict(), state, "after use")


def a_sample_has_the_same_output_in_any_batch(network: Network) -> None:
    """In `eval` mode a sample gives the same output alone and in a batch, within rounding."""
    module = network.build(0)
    inputs = network.inputs(3, 0)
    together = network.in_eval(module, inputs)
    alone = network.in_eval(module, [tensor[1:2] for tensor in inputs])
    close(alone, {name: tensor[1:2] for name, tensor in together.items()}, "alone", absolute=1e-3)


def inputs_are_not_changed(network: Network) -> None:
    """It does not change its inputs, neither in training nor in use."""
    for training in (True, False):
        module, inputs = network.build(0).train(training), network.inputs(2, 0)
        before = [tensor.clone() for tensor in inputs]
        with torch.no_grad():
            network.run(module, inputs)
        when = f"after {'training' if training else 'use'}"
        equal(numbered(inputs, "input"), numbered(before, "input"), when)


def bfloat16_output_is_finite(network: Network) -> None:
    """Under bf16 autocast nothing overflows and no dtypes clash."""
    module, inputs = network.build(0), network.inputs(2, 0)
    with torch.autocast("cpu", torch.bfloat16):
        outputs = network.in_eval(module, inputs)
    for name, tensor in outputs.items():
        finite(tensor, f"in bf16 {name}")


def weights_file_restores_it(network: Network) -> None:
    """Saved as safetensors and loaded into another instance, it gives the same output."""
    module, inputs = network.build(0), network.inputs(2, 0)
    with torch.no_grad():
        network.run(module.train(), inputs)  # batch norms then hold statistics worth saving
    expected = network.in_eval(module, inputs)
    saved = save({name: tensor.contiguous() for name, tensor in module.state_dict().items()})
    other = network.build(1)
    other.load_state_dict(load(saved))
    equal(network.in_eval(other, inputs), expected, "loaded again")


CHECKS: tuple[Callable[[Network], None], ...] = (
    gradients_reach_every_parameter,
    eval_is_deterministic,
    a_sample_has_the_same_output_in_any_batch,
    inputs_are_not_changed,
    bfloat16_output_is_finite,
    weights_file_restores_it,
)

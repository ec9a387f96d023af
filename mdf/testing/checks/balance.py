"""Checks what a balance promises: usable weights at every step, and a state that can be restored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from mdf.core.balance import Balance
from mdf.testing.compare import equal, finite, require, shaped, typed
from mdf.testing.subject import Subject

TASKS = ("mask", "depth", "flow")
TURNS = (TASKS, ("depth",), ("mask", "flow"))
"""The tasks that learn in successive steps."""
STEPS = 240


def can_be_built(subject: Subject[Balance]) -> None:
    """It is built from its options, for one task and for several."""
    for tasks in (TASKS[:1], TASKS):
        subject.create(tasks)


def can_be_built_in_a_worker(subject: Subject[Balance]) -> None:
    """Class, config and arguments can be pickled; another process builds it from them."""
    subject.worker.build(subject, TASKS)


def weights_are_usable(subject: Subject[Balance]) -> None:
    """A finite float32 scalar, not negative, for each task that learns and for no other; never all of them 0."""
    balance: Balance = subject.create(TASKS)
    for step, losses in _lessons():
        weights = balance.weights(tuple(losses))
        what = f"after {step} steps, with {', '.join(losses)} learning,"
        require(set(weights) == set(losses), f"{what} it weighs {sorted(weights)}")
        for name, value in {**weights, "penalty": balance.penalty(tuple(losses))}.items():
            shaped(value, (), f"{what} `{name}`")
            typed(value, torch.float32, f"{what} `{name}`")
            finite(value, f"{what} `{name}`")
        values = [float(weight.detach()) for weight in weights.values()]
        require(min(values) >= 0, f"{what} a weight is {min(values):g}")
        require(max(values) > 0, f"{what} no task counts")
        _step(balance, losses)


def tasks_that_do_not_learn_are_left_alone(subject: Subject[Balance]) -> None:
    """A parameter that no learning task's weight depends on gets no gradient, not even 0, which would move it."""
    balance: Balance = subject.create(TASKS)
    own = {task: _taught(balance, (task,)) for task in TASKS}
    everything = _taught(balance, TASKS)
    silent = [name for name, _ in balance.named_parameters() if name not in everything]
    require(not silent, f"no task gives a gradient to the parameter `{silent[0] if silent else ''}`")
    shared = set.intersection(*own.values())
    require(not shared, f"`{min(shared, default='')}` moves whatever task learns: give each task its own")


def losses_are_not_changed(subject: Subject[Balance]) -> None:
    """The losses that it observes stay as they were: others read them too."""
    balance: Balance = subject.create(TASKS)
    for _, losses in _lessons():
        before = {task: loss.clone() for task, loss in losses.items()}
        balance.weights(tuple(losses))
        _step(balance, losses)
        equal(losses, before, "after it observed them,")


def a_restored_state_continues(subject: Subject[Balance]) -> None:
    """Another instance that takes over its parameters and buffers gives the same weights: so training is resumed."""
    whole: Balance = subject.create(TASKS)
    resumed: Balance = subject.create(TASKS, seed=1)
    for step, losses in _lessons():
        if step == STEPS // 2 + 7:
            resumed.load_state_dict({key: value.clone() for key, value in whole.state_dict().items()})
        if step >= STEPS // 2 + 7:
            weights, expected = (_all_weights(balance, tuple(losses)) for balance in (resumed, whole))
            equal(weights, expected, f"after {step} steps, resumed,")
            _step(resumed, losses)
        _step(whole, losses)


def _lessons() -> Iterator[tuple[int, dict[str, Tensor]]]:
    """Steps with the losses of the tasks that learn: they fall, one is suddenly large, one is exactly 0."""
    for step in range(STEPS):
        shares = {"mask": 0.7, "depth": 1e6 if step == 60 else 0.1, "flow": 0.0 if step % 90 > 45 else 3.0}
        turn = TURNS[step // 20 % len(TURNS)]
        yield step, {task: torch.tensor(shares[task] * (0.99 + 0.01 * (step % 3)) ** step) for task in turn}


def _step(balance: Balance, losses: Mapping[str, Tensor]) -> None:
    """One step of plain gradient descent, then `observe` as after each training step."""
    _taught(balance, tuple(losses), losses)
    with torch.no_grad():
        for parameter in balance.parameters():
            if parameter.grad is not None:
                parameter.sub_(0.004 * parameter.grad.sign())
    balance.observe(losses)


def _taught(balance: Balance, learning: tuple[str, ...], losses: Mapping[str, Tensor] | None = None) -> set[str]:
    """The parameters with a gradient once the tasks in `learning` have learned."""
    balance.zero_grad(set_to_none=True)
    weights = balance.weights(learning)
    given = losses or {task: torch.tensor(2.0) for task in learning}
    total = torch.stack([weights[task] * given[task] for task in learning]).sum() + balance.penalty(learning)
    if total.requires_grad:
        total.backward()  # type: ignore[no-untyped-call]
    return {name for name, parameter in balance.named_parameters() if parameter.grad is not None}


def _all_weights(balance: Balance, learning: tuple[str, ...]) -> dict[str, Tensor]:
    return {**balance.weights(learning), "penalty": balance.penalty(learning)}


CHECKS = (
    can_be_built,
    can_be_built_in_a_worker,
    weights_are_usable,
    tasks_that_do_not_learn_are_left_alone,
    losses_are_not_changed,
    a_restored_state_continues,
)

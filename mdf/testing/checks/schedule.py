"""Checks what a schedule promises: phases that spend the budget exactly and let every task learn."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from mdf.core.errors import MdfError
from mdf.core.schedule import Phase, Schedule
from mdf.engine.training.budget import phases_fit
from mdf.testing.compare import require
from mdf.testing.subject import Subject

TASKS = (("mask",), ("mask", "depth"), ("mask", "depth", "flow"))
STEPS = (1, 2, 3, 7, 30, 101, 700)
SIZES = ((64, 64), (48, 80), (224, 224))
ENOUGH = 10
"""Steps a task from which a budget must be enough for every task to learn.

Smaller budgets, and sizes below the largest here, may be refused with an MdfError.
"""

Plan = tuple[int, tuple[str, ...], tuple[int, int], list[Phase]]


def can_be_built(subject: Subject[Schedule]) -> None:
    """It is built from its options."""
    subject.create()


def can_be_built_in_a_worker(subject: Subject[Schedule]) -> None:
    """Class, config and arguments can be pickled; another process builds it from them."""
    subject.worker.build(subject)


def phases_spend_every_step(subject: Subject[Schedule]) -> None:
    """Each phase has at least one step; together they have as many as the budget."""
    for steps, tasks, _, phases in _plans(subject):
        what = f"{steps} steps of {len(tasks)} tasks"
        require(all(isinstance(p.steps, int) and p.steps > 0 for p in phases), f"{what}: {[p.steps for p in phases]}")
        require(sum(p.steps for p in phases) == steps, f"{what}: the phases last {sum(p.steps for p in phases)}")


def every_task_learns(subject: Subject[Schedule]) -> None:
    """In each phase at least one known task learns, and none that is frozen. With enough steps every task learns."""
    for steps, tasks, _, phases in _plans(subject):
        what = f"{steps} steps of {', '.join(tasks)}"
        for phase in phases:
            require(bool(phase.learning), f"{what}: a phase in which no task learns")
            strangers = {*phase.learning, *phase.frozen} - set(tasks)
            require(not strangers, f"{what}: a phase names {sorted(strangers)}")
            both = set(phase.learning) & set(phase.frozen)
            require(not both, f"{what}: {sorted(both)} is to learn while frozen")
        if steps >= ENOUGH * len(tasks):
            broken = [rule for rule, holds in phases_fit(phases, steps, tasks).items() if not holds]
            require(not broken, f"{what}: not so: {broken[:1]}")


def the_last_size_is_the_studys(subject: Subject[Schedule]) -> None:
    """Sizes are positive integers; the last one is the study's."""
    for steps, _, size, phases in _plans(subject):
        for phase in phases:
            fine = len(phase.size) == 2 and all(isinstance(side, int) and side > 0 for side in phase.size)
            require(fine, f"{steps} steps at {size}: a phase of size {phase.size}")
        require(tuple(phases[-1].size) == size, f"{steps} steps at {size}: it ends at {phases[-1].size}")


def the_same_input_gives_the_same_plan(subject: Subject[Schedule]) -> None:
    """A second call, and another instance, give equal phases."""
    schedule, other = subject.create(), subject.create(seed=1)
    for steps, tasks in product((30, 700), TASKS):
        plans = [s.phases(steps, list(tasks), SIZES[-1]) for s in (schedule, schedule, other)]
        require(plans[0] == plans[1] == plans[2], f"{steps} steps of {', '.join(tasks)}: a second plan differs")


def _plans(subject: Subject[Schedule]) -> Iterator[Plan]:
    schedule = subject.create()
    for steps, tasks, size in product(STEPS, TASKS, SIZES):
        try:
            phases = schedule.phases(steps, tasks, size)
        except MdfError:
            if steps >= ENOUGH * len(tasks) and size == SIZES[-1]:
                raise
            continue
        require(bool(phases), f"{steps} steps of {', '.join(tasks)}: no phase")
        yield steps, tasks, size, list(phases)


CHECKS = (
    can_be_built,
    can_be_built_in_a_worker,
    phases_spend_every_step,
    every_task_learns,
    the_last_size_is_the_studys,
    the_same_input_gives_the_same_plan,
)

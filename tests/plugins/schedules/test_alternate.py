"""`alternate`: turns of equal steps, one task learning, the others' own layers frozen."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mdf.plugins.schedules.alternate import Alternate

TASKS = ("mask", "depth")


def test_depth_learns_first_while_the_mask_is_frozen() -> None:
    first, second = Alternate(Alternate.Config(phase=50)).phases(100, TASKS, (64, 64))
    assert (first.learning, first.frozen, first.steps) == (("depth",), ("mask",), 50)
    assert (second.learning, second.frozen, second.steps) == (("mask",), ("depth",), 50)


@given(st.integers(2, 500), st.integers(1, 300))
def test_turns_add_up_and_every_task_gets_a_turn(steps: int, phase: int) -> None:
    phases = Alternate(Alternate.Config(phase=phase)).phases(steps, TASKS, (64, 48))
    assert sum(p.steps for p in phases) == steps
    assert {task for p in phases for task in p.learning} == set(TASKS)
    assert all(set(p.learning) | set(p.frozen) == set(TASKS) and p.size == (64, 48) for p in phases)


def test_one_task_is_never_frozen() -> None:
    phases = Alternate(Alternate.Config(phase=10)).phases(25, ("mask",), (64, 64))
    assert [(p.steps, p.frozen) for p in phases] == [(10, ()), (10, ()), (5, ())]

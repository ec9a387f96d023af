"""`joint`: all tasks in every step."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mdf.engine.training.budget import phases_fit
from mdf.plugins.schedules.joint import Joint


@given(steps=st.integers(1, 10_000), tasks=st.sampled_from([("mask",), ("mask", "depth")]))
def test_one_phase_trains_all_tasks_at_full_size(steps: int, tasks: tuple[str, ...]) -> None:
    phases = Joint(Joint.Config()).phases(steps, tasks, (48, 64))
    assert all(phases_fit(phases, steps, tasks).values())
    assert [(p.learning, p.frozen, p.size) for p in phases] == [(tasks, (), (48, 64))]

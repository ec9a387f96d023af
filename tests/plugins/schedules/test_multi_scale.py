"""`multi-scale`: all tasks at several sizes in turn, the full size last."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mdf.engine.training.budget import phases_fit
from mdf.plugins.schedules.multi_scale import MultiScale

TASKS = ("mask", "depth")


def test_sizes_take_turns_and_keep_the_proportions_of_the_full_size() -> None:
    phases = MultiScale(MultiScale.Config(sides=(48, 96), turn=10)).phases(35, TASKS, (96, 128))
    assert [(p.size, p.steps) for p in phases] == [((48, 64), 10), ((96, 128), 10), ((48, 64), 10), ((96, 128), 5)]
    assert all(p.learning == TASKS and not p.frozen for p in phases)


@given(
    steps=st.integers(1, 3000), turn=st.integers(1, 50), sides=st.lists(st.integers(16, 320), min_size=1, max_size=6)
)
def test_every_budget_is_shared_out_and_ends_at_the_full_size(steps: int, turn: int, sides: list[int]) -> None:
    phases = MultiScale(MultiScale.Config(sides=tuple(sides), turn=turn)).phases(steps, TASKS, (144, 192))
    assert all(phases_fit(phases, steps, TASKS).values())
    assert phases[-1].size == (144, 192)
    assert all(p.steps >= 1 for p in phases)

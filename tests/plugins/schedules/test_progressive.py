"""`progressive`: small images first, the full size last."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdf.core.errors import ConfigError
from mdf.plugins.schedules.progressive import Progressive

TASKS = ("mask", "depth")


def test_first_64_pixels_then_full_size_with_the_same_aspect_ratio() -> None:
    small, full = Progressive(Progressive.Config()).phases(100, TASKS, (240, 320))
    assert (small.size, small.steps) == ((64, 85), 50)
    assert (full.size, full.steps) == ((240, 320), 50)
    assert small.learning == full.learning == TASKS


@given(st.integers(1, 500), st.floats(0.01, 0.99))
def test_steps_add_up_and_the_last_phase_is_full_size(steps: int, share: float) -> None:
    phases = Progressive(Progressive.Config(share=share)).phases(steps, TASKS, (224, 224))
    assert sum(p.steps for p in phases) == steps
    assert all(p.steps > 0 for p in phases)
    assert phases[-1].size == (224, 224)


def test_a_size_that_is_too_small_is_refused_with_a_hint() -> None:
    with pytest.raises(ConfigError, match="64x64") as refused:
        Progressive(Progressive.Config()).phases(100, TASKS, (64, 64))
    assert "--size" in refused.value.hint

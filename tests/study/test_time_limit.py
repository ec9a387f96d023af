"""Time limits as users write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdf.core.errors import ConfigError
from mdf.study.time_limit import read_time_limit, told


@pytest.mark.parametrize(
    ("written", "seconds"),
    [(None, None), (90, 90), (0.5, 0.5), ("90", 90), ("90s", 90), ("30m", 1800), ("1h30m", 5400), ("1.5 h", 5400)],
)
def test_a_time_is_read(written: float | str | None, seconds: float | None) -> None:
    assert read_time_limit(written) == seconds


@pytest.mark.parametrize("wrong", ["", "m", "soon", "-5", "0", 0, -1, "30m1h", "inf", float("nan"), "1e9999"])
def test_what_is_no_time_is_refused_with_a_cure(wrong: float | str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_time_limit(wrong)
    assert "30m" in caught.value.hint


@given(st.integers(1, 10**7))
def test_what_is_told_is_read_as_the_same(seconds: int) -> None:
    assert read_time_limit(told(seconds)) == seconds

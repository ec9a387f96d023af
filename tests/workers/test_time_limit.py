"""Time limits as users write them."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdf.core.errors import ConfigError
from mdf.core.progress import Stage
from mdf.workers import process
from mdf.workers.exit import WorkerError
from mdf.workers.job import Job
from mdf.workers.time_limit import format_duration, read_time_limit


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
    assert read_time_limit(format_duration(seconds)) == seconds


def hang(report: Callable[[object], None]) -> None:
    """What a plugin may do to whoever waits for it, while it goes on telling."""
    while True:
        report(Stage("still here"))
        time.sleep(0.05)


def test_a_job_that_hangs_is_ended_with_a_reason(tmp_path: Path) -> None:
    with pytest.raises(WorkerError, match=r"longer than its time limit, 0\.3s") as caught:
        process.run(Job(f"{__name__}:hang"), on_progress=lambda _: None, log=tmp_path / "log", time_limit=0.3)
    assert caught.value.status == "timeout"

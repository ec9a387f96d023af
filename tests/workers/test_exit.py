"""Why a worker was killed: for memory, where the kernel says so, or for another reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdf.workers import cgroup
from mdf.workers.cgroup import oom_kills
from mdf.workers.exit import exit_reason


@pytest.fixture
def counter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file in which a kernel would count."""
    monkeypatch.setattr(cgroup, "_folders", lambda: [tmp_path])
    return tmp_path / "memory.events"


@pytest.mark.parametrize(("before", "now", "status"), [(2, 2, "failed"), (2, 3, "oom")])
def test_the_kernels_count_tells_an_oom_kill_from_another(counter: Path, before: int, now: int, status: str) -> None:
    counter.write_text(f"low 0\nhigh 0\nmax 9\noom 7\noom_kill {now}\noom_group_kill 0\n")
    found = exit_reason(-9, counter, before)
    assert found.status == status
    assert "SIGKILL" in found.reason
    assert ("out of memory" in found.reason) == (status == "oom")


def test_where_nobody_counts_it_was_most_likely_memory(counter: Path) -> None:
    assert oom_kills() is None
    found = exit_reason(-9, counter, None)
    assert (found.status, "most likely" in found.reason) == ("oom", True)


def test_what_else_ends_a_process_is_named(counter: Path) -> None:
    counter.write_text("the end")
    left, crashed = exit_reason(3, counter, None), exit_reason(-11, counter, None)
    assert (left.status, crashed.status) == ("failed", "failed")
    assert "exit code 3" in left.reason
    assert "SIGSEGV" in crashed.reason
    assert left.log == "the end"

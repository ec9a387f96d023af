"""What is removed is removed whole, and nothing that is running."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdf.core.errors import MdfError
from mdf.runs.remove import lock_of, remove_study


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A study of two trials, one of them retried."""
    for name in ("abc", "abc.2", "def"):
        (tmp_path / "study" / name).mkdir(parents=True)
    return tmp_path / "study"


def test_a_study_that_holds_a_retried_trial_is_removed(study: Path) -> None:
    remove_study(study)
    assert not list(study.parent.iterdir())


@pytest.mark.parametrize("running", ["abc", "abc.2", "def"])
def test_a_study_of_which_one_attempt_runs_is_not(study: Path, running: str) -> None:
    with lock_of(study / running), pytest.raises(MdfError, match="is running at this moment"):
        remove_study(study)
    assert {path.name for path in study.iterdir() if path.is_dir()} == {"abc", "abc.2", "def"}

"""A disk that is full or read-only: one clear error, no result damaged, and the same command goes on when it can."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tiny_study import Diary, study

from mdf.core.errors import StorageError
from mdf.runs.listing import list_runs
from mdf.workers.child import _disk_error


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own, which only root may make."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = shutil.which("mount") and not remount(place, "size=700k", first=True)
    if not mounted:
        pytest.skip("a small disk (tmpfs) cannot be mounted here: that needs root on Linux")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def remount(place: Path, options: str, *, first: bool = False) -> int:
    """Change the disk; the exit code of `mount`."""
    how = ["-t", "tmpfs", "-o", options] if first else ["-o", f"remount,{options}"]
    return subprocess.run(["mount", *how, "mdf-test", str(place)], capture_output=True).returncode


@pytest.mark.slow
def test_a_full_disk_ends_the_study_and_the_same_command_goes_on(disk: Path) -> None:
    runs = disk / "runs"
    diary = Diary()
    cells = {"encoder": "unet", "seed": [0, 1, 2, 3], "workers": 1}
    with pytest.raises(StorageError) as caught:
        study(runs, diary, **cells)
    assert "cannot write" in caught.value.message
    assert str(disk) in caught.value.message
    assert "free some space" in caught.value.hint
    assert not list_runs(runs).damaged
    assert all(status == "ok" for _, status, _ in diary.finished)
    assert not list(runs.rglob("*.part"))
    done = len(diary.finished)
    remount(disk, "size=64m")
    diary = Diary()
    report = study(runs, diary, **cells)
    assert report.ok
    assert [kept for *_, kept in diary.finished].count(True) == done
    assert not list_runs(runs).damaged


def test_a_read_only_disk_is_told_before_anything_runs(disk: Path) -> None:
    (disk / "runs").mkdir()
    remount(disk, "ro")
    diary = Diary()
    with pytest.raises(StorageError, match=r"cannot write .*Read-only") as caught:
        study(disk / "runs", diary)
    assert caught.value.hint
    assert diary.started == []


@pytest.mark.skipif(os.name != "posix", reason="error numbers of POSIX")
def test_whatever_a_worker_could_not_write_is_no_fault_of_its_trial() -> None:
    import errno

    for number in (errno.ENOSPC, errno.EROFS):
        error = _disk_error(OSError(number, os.strerror(number), "/data/cache"))
        assert isinstance(error, StorageError)
        assert "/data/cache" in error.message
    assert _disk_error(OSError(errno.ENOENT, "gone")) is None
    assert _disk_error(ValueError("no")) is None

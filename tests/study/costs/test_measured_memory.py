"""Resident peaks: what a piece of work held at most, and nothing of what was there before."""

from __future__ import annotations

import mmap
from pathlib import Path

import numpy as np
import pytest

from mdf.engine.runtime import Runtime
from mdf.study.costs import measured_memory

MIB = 2**20
CPU = Runtime("cpu", "fp32", channels_last=False, threads=1)
pytestmark = pytest.mark.skipif(not measured_memory.STATUS.is_file(), reason="no /proc on this system")


def fill(mebibytes: int) -> np.ndarray:
    """New pages: after other tests the allocator may have kept some."""
    block = np.frombuffer(mmap.mmap(-1, mebibytes * MIB), np.uint8)
    block[:] = 1
    return block


@pytest.mark.parametrize("can_reset", [True, False])
def test_a_block_that_was_given_back_is_counted(
    can_reset: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Also where the kernel's mark cannot be reset: it is sampled then."""
    if not can_reset:
        monkeypatch.setattr(measured_memory, "CLEAR", tmp_path)  # a folder cannot be written
    before = fill(64)
    found = measured_memory.peak(lambda: fill(256).sum(), CPU)
    assert found is not None
    assert 240 * MIB < found < 300 * MIB
    assert before.any()


def test_a_device_that_does_not_tell_has_no_peak() -> None:
    assert measured_memory.peak(lambda: None, Runtime("mps", "fp32", channels_last=False, threads=1)) is None

"""Ctrl-C waits until nothing is half done; a second one does not wait."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from mdf.workers.interrupts import held

ALONE = "MDF_TEST_ALONE"
alone = pytest.mark.skipif(ALONE not in os.environ, reason="runs in a process of its own")


@pytest.mark.skipif(ALONE in os.environ, reason="is that process")
def test_all_of_this_in_a_process_of_its_own() -> None:
    """After networks were recorded and run by other runtimes, a signal ends a process with a fault in native code."""
    line = [sys.executable, "-m", "pytest", "-p", "no:xdist", "-p", "no:cacheprovider", __file__]
    done = subprocess.run(line, env={**os.environ, ALONE: "1"}, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout


def ctrl_c() -> None:
    signal.raise_signal(signal.SIGINT)


def ctrl_c_before(then: Callable[[], None]) -> None:
    ctrl_c()
    then()


@alone
def test_the_first_waits_until_it_is_noticed() -> None:
    done: list[str] = []

    def write() -> None:
        with held() as interrupts:
            ctrl_c()
            done.append("written")
            with interrupts.noticed():
                done.append("never")

    with pytest.raises(KeyboardInterrupt):
        write()
    assert done == ["written"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@alone
def test_it_ends_what_it_may_end_at_once() -> None:
    with pytest.raises(KeyboardInterrupt), held() as interrupts, interrupts.noticed():
        ctrl_c_before(lambda: pytest.fail("it was not noticed"))


@alone
def test_the_second_ends_everything() -> None:
    with pytest.raises(KeyboardInterrupt), held():
        ctrl_c_before(lambda: ctrl_c_before(lambda: pytest.fail("it waited")))


@alone
def test_one_at_the_very_end_is_not_lost() -> None:
    with pytest.raises(KeyboardInterrupt), held():
        ctrl_c()


@alone
def test_another_handler_stays_in_charge() -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: heard.append(number))
    try:
        with held():
            ctrl_c()
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard == [signal.SIGINT]

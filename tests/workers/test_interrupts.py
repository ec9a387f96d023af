"""Ctrl-C waits until nothing is half done; a second one does not wait."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator

import pytest

from mdf.workers.interrupts import held


@pytest.fixture(autouse=True)
def python_handles_it() -> Iterator[None]:
    """Whatever handler a library left in this process: some end it at once."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before or signal.default_int_handler)


def ctrl_c() -> None:
    signal.raise_signal(signal.SIGINT)


def ctrl_c_before(then: Callable[[], None]) -> None:
    ctrl_c()
    then()


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


def test_it_ends_what_it_may_end_at_once() -> None:
    with pytest.raises(KeyboardInterrupt), held() as interrupts, interrupts.noticed():
        ctrl_c_before(lambda: pytest.fail("it was not noticed"))


def test_the_second_ends_everything() -> None:
    with pytest.raises(KeyboardInterrupt), held():
        ctrl_c_before(lambda: ctrl_c_before(lambda: pytest.fail("it waited")))


def test_one_at_the_very_end_is_not_lost() -> None:
    with pytest.raises(KeyboardInterrupt), held():
        ctrl_c()


def test_another_handler_stays_in_charge() -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: heard.append(number))
    try:
        with held():
            ctrl_c()
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard == [signal.SIGINT]

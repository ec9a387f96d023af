"""Ctrl-C: where it is noticed, and where it waits. Torch-free."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Interrupts:
    """What Ctrl-C means while something is done that shall not be left half done.

    The first one is kept until `noticed()` is entered, or raises KeyboardInterrupt inside it; the second raises at
    once, anywhere.
    """

    def __init__(self) -> None:
        self._count, self._noticed = 0, False

    def _came(self, *_: object) -> None:
        self._count += 1
        if self._noticed or self._count > 1:
            raise KeyboardInterrupt

    @contextmanager
    def noticed(self) -> Iterator[None]:
        """Here, where nothing is half done, an interrupt may end the block."""
        self._noticed = True
        try:
            if self._count:
                raise KeyboardInterrupt
            yield
        finally:
            self._noticed = False


@contextmanager
def held() -> Iterator[Interrupts]:
    """Ctrl-C waits inside, but where it is noticed. Changes nothing where Python's own handler is not in charge."""
    interrupts = Interrupts()
    ours = threading.current_thread() is threading.main_thread()
    ours = ours and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not ours:
        yield interrupts
        return
    signal.signal(signal.SIGINT, interrupts._came)
    try:
        yield interrupts
        with interrupts.noticed():  # what came at the very end
            pass
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def blocked() -> Iterator[None]:
    """No SIGINT reaches this thread; a process started inside inherits that, so that it is not what Ctrl-C ends."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

"""Ctrl-C: when it takes effect. Torch-free."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupts:
    """Delays Ctrl-C while work is done that must not be left half done.

    The first one waits until `noticed()` is entered, and raises KeyboardInterrupt there. The second raises at once,
    anywhere.
    """

    def __init__(self) -> None:
        self._count, self._noticed = 0, False

    def _came(self, *_: int | FrameType | None) -> None:
        self._count += 1
        if self._noticed or self._count > 1:
            raise KeyboardInterrupt

    @contextmanager
    def noticed(self) -> Iterator[None]:
        """An interrupt may end this block: nothing is half done in it."""
        self._noticed = True
        try:
            if self._count:
                raise KeyboardInterrupt
            yield
        finally:
            self._noticed = False


@contextmanager
def held() -> Iterator[Interrupts]:
    """Inside, Ctrl-C waits until it is noticed. Changes nothing if Python's own handler is not in charge."""
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

"""How processes are started: forked from a server that has torch loaded, or spawned where that cannot be.

Never forked from this process: its threads may hold locks that a fork would hold for ever. Torch-free.
"""

from __future__ import annotations

import multiprocessing as mp
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.connection import wait
from multiprocessing.context import ForkServerContext, SpawnContext
from types import ModuleType

PRELOAD = ["mdf.study.trial.trial", "mdf.study.survey"]
"""Modules that the server imports before it forks the first process. Named and not imported."""
OF_TRAINING = ["torch._dynamo", "mdf.engine.prepare.ready"]
"""What the first optimiser of a process imports, which takes 2 s; compiled loops, which take numba 0.9 s."""

PRELOADER, VARIABLE = "mdf.core.preload", "MDF_PRELOAD"
"""Named and not imported: importing it would import torch where the variable is inherited."""


def expect_training() -> None:
    """Let the server also import what every training needs. Has no effect once the first process has started."""
    PRELOAD.extend(module for module in OF_TRAINING if module not in PRELOAD)


def process_context() -> ForkServerContext | SpawnContext:
    """The way to start processes on this system."""
    if "forkserver" not in mp.get_all_start_methods():
        return mp.get_context("spawn")
    context = mp.get_context("forkserver")
    os.environ[VARIABLE] = ",".join(PRELOAD)
    context.set_forkserver_preload([PRELOADER])
    return context


def preload_failures() -> Mapping[str, str]:
    """In a process that was started: why the server could not import a module, by module."""
    preloader = sys.modules.get(PRELOADER)
    failures: Mapping[str, str] = getattr(preloader, "failures", {})
    return failures


_HIDING = threading.Lock()
"""One thread at a time hides `__main__`: another one would take the stand-in for it."""


@contextmanager
def starting() -> Iterator[None]:
    """Start processes inside, which Ctrl-C then does not end before they can say what it means.

    `__main__` is hidden: multiprocessing would import the user's script a second time.
    """
    resource_tracker.ensure_running()  # its start would let interrupts through again
    with _HIDING:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            with _blocked():
                yield
        finally:
            sys.modules["__main__"] = main


@contextmanager
def _blocked() -> Iterator[None]:
    """Inside, no SIGINT reaches this thread. A process started here inherits that."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_with_parent() -> None:
    """In a process that was started: end when the process that started it does, however that ends."""
    parent = mp.parent_process()

    def watch() -> None:
        assert parent is not None
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, name="mdf-end-with-parent", daemon=True).start()


class Handed:
    """A file descriptor that is duplicated for the process which is started with it; there it is a `DupFd`."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        from multiprocessing.reduction import DupFd  # Windows has none

        return (_same, (DupFd(self._number),))


def _same(handed: object) -> object:
    return handed

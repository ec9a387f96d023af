"""How worker processes are started: forked from a server that has torch loaded, or spawned where that cannot be.

Torch-free.
"""

from __future__ import annotations

import multiprocessing as mp
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.context import ForkServerContext, SpawnContext
from types import ModuleType

PRELOAD = ["mdf.study.trial.trial", "mdf.study.survey"]
"""Modules that the server imports before it forks the first worker."""
OF_TRAINING = ["torch._dynamo", "mdf.engine.prepare.ready"]
"""What the first optimiser of a process imports, which takes 2 s; compiled loops, which take numba 0.9 s."""

PRELOADER, VARIABLE = "mdf.workers.preload", "MDF_PRELOAD"
"""Named and not imported: importing it would import torch where the variable is inherited."""


def expect_training() -> None:
    """Let the server also import what every training needs. Has no effect once the first worker has started."""
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
    """In a worker: why the server could not import a module, by module."""
    preloader = sys.modules.get(PRELOADER)
    failures: Mapping[str, str] = getattr(preloader, "failures", {})
    return failures


@contextmanager
def without_main_module() -> Iterator[None]:
    """Hide `__main__` while a worker starts: multiprocessing would import the user's script a second time."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main

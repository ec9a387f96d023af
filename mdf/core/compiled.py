"""Loops over pixels as machine code: made by numba at the first call, kept on disk for the next process."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from pickle import UnpicklingError
from typing import ParamSpec, TypeVar

from mdf.core.errors import ConfigError

P = ParamSpec("P")
R = TypeVar("R")

ANY_ORDER = frozenset({"reassoc", "contract", "nsz"})
"""LLVM's names of what `any_order` allows: (a + b) + c = a + (b + c), a·b + c in one step, and −0 = 0."""


def compiled(*, any_order: bool = False) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A function of numbers and NumPy arrays as machine code, which runs without the interpreter's lock.

    `any_order` lets it add floats in another order, always the same for arrays of one length: else a sum takes one
    number after the other. NaN and infinity stay what they are, and are what a division by 0 gives. numba is imported
    at the first call: what only names things does not wait for it.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        made: list[Callable[P, R]] = []

        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            if not made:
                made.append(_compile(function, any_order, kept=True))
            try:
                return made[0](*args, **kwargs)
            except (OSError, EOFError, UnpicklingError):  # a full disk, a file that was cut short
                made[0] = _compile(function, any_order, kept=False)
                return made[0](*args, **kwargs)

        return call

    return decorate


def _compile(function: Callable[P, R], any_order: bool, kept: bool) -> Callable[P, R]:
    from numba import config, njit

    if config.DISABLE_JIT:  # type: ignore[attr-defined]
        raise ConfigError(
            "NUMBA_DISABLE_JIT is set: as plain Python, loops over pixels would count in bytes, and take hours",
            "unset NUMBA_DISABLE_JIT",
        )
    machine_code = partial(njit, nogil=True, error_model="numpy", fastmath=set(ANY_ORDER) if any_order else False)
    try:
        made: Callable[P, R] = machine_code(cache=kept)(function)
    except RuntimeError:  # no folder to keep it in, neither beside its file nor the user's own
        made = machine_code()(function)
    return made

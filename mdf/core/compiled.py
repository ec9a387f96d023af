"""Loops over pixels as machine code: made by numba at the first call, kept on disk for the next process."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial, wraps
from typing import ParamSpec, TypeVar

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
        @cache
        def machine_code() -> Callable[P, R]:
            return _compile(function, any_order)

        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            return machine_code()(*args, **kwargs)

        return call

    return decorate


def _compile(function: Callable[P, R], any_order: bool) -> Callable[P, R]:
    from numba import njit

    machine_code = partial(njit, nogil=True, error_model="numpy", fastmath=set(ANY_ORDER) if any_order else False)
    try:
        made: Callable[P, R] = machine_code(cache=True)(function)
    except RuntimeError:  # no folder to keep it in, neither beside its file nor the user's own
        made = machine_code()(function)
    return made

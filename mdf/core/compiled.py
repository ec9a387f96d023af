"""Loops over pixels as machine code: made by numba at the first call, kept on disk for the next process."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def compiled(*, fast: bool = False) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A function of numbers and NumPy arrays as machine code, which runs without the interpreter's lock.

    `fast` lets it add in any order and suppose that no number is NaN or infinite. numba is imported at the first call:
    what only names things does not wait for it.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @cache
        def machine_code() -> Callable[P, R]:
            return _compile(function, fast)

        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            return machine_code()(*args, **kwargs)

        return call

    return decorate


def _compile(function: Callable[P, R], fast: bool) -> Callable[P, R]:
    from numba import njit

    try:
        made: Callable[P, R] = njit(nogil=True, fastmath=fast, cache=True)(function)
    except RuntimeError:  # no folder to keep it in, neither beside its file nor the user's own
        made = njit(nogil=True, fastmath=fast)(function)
    return made

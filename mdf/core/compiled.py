"""Compiles loops over pixels to machine code. numba compiles at the first call and caches the code on disk."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from pickle import UnpicklingError
from typing import ParamSpec, TypeVar

from mdf.core.errors import ConfigError

P = ParamSpec("P")
R = TypeVar("R")

ANY_ORDER = frozenset({"reassoc", "contract", "nsz"})
"""LLVM's names for what `any_order` allows: (a + b) + c = a + (b + c), a·b + c in one step, and −0 = 0."""


def compiled(*, any_order: bool = False) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Compiles a function of numbers and NumPy arrays to machine code, which runs without Python's global lock.

    NaN and infinity are preserved, and a division by 0 gives them. numba is imported at the first call, so that
    importing a module with compiled functions stays fast.

    Reads
        any_order: allows a sum to add floats in another order, which is faster. The order depends only on the length
            of the arrays. By default, numbers are added one after the other.
    Raises
        ConfigError: NUMBA_DISABLE_JIT is set.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        machine_code: list[Callable[P, R]] = []

        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            if not machine_code:
                machine_code.append(_compile(function, any_order, on_disk=True))
            try:
                return machine_code[0](*args, **kwargs)
            except (OSError, EOFError, UnpicklingError):  # the disk is full, or a cache file is truncated
                machine_code[0] = _compile(function, any_order, on_disk=False)
                return machine_code[0](*args, **kwargs)

        return call

    return decorate


def _compile(function: Callable[P, R], any_order: bool, on_disk: bool) -> Callable[P, R]:
    from numba import config, njit

    if config.DISABLE_JIT:  # type: ignore[attr-defined]
        raise ConfigError(
            "NUMBA_DISABLE_JIT is set. As plain Python, loops over pixels would overflow and take hours",
            "unset NUMBA_DISABLE_JIT",
        )
    compiler = partial(njit, nogil=True, error_model="numpy", fastmath=set(ANY_ORDER) if any_order else False)
    try:
        machine_code: Callable[P, R] = compiler(cache=on_disk)(function)
    except RuntimeError:  # no folder is writable for the cache: neither that of the file nor the user's
        machine_code = compiler()(function)
    return machine_code
